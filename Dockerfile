FROM python:3.12-slim
RUN useradd -m -u 1000 user
USER user
ENV HOME=/home/user PATH=/home/user/.local/bin:$PATH PYTHONUNBUFFERED=1 GRADIO_ANALYTICS_ENABLED=False OMP_NUM_THREADS=2
WORKDIR /home/user/app
COPY --chown=user requirements.txt .
RUN pip install --no-cache-dir --user -r requirements.txt
COPY --chown=user . .
EXPOSE 7860
HEALTHCHECK CMD python -c "import urllib.request, sys; sys.exit(urllib.request.urlopen('http://localhost:7860/_stcore/health').read() != b'ok')"
CMD ["streamlit", "run", "app/main.py", "--server.address", "0.0.0.0", "--server.port", "7860", "--server.headless", "true"]
