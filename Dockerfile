FROM python:3.12-slim
RUN useradd -m -u 1000 user && mkdir -p /data/home && chown -R user:user /data
# The project is not written to; all that is, is under /data. Nothing is counted. Without the welcome message and the
# check of origins Streamlit asks no other host for its own address; there is no login that a forged request could use.
ENV HOME=/data/home LIFELONG_RUNS=/data/runs LIFELONG_CACHE=/data/cache GRADIO_TEMP_DIR=/data/gradio \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=2 \
    GRADIO_ANALYTICS_ENABLED=0 HF_HUB_DISABLE_TELEMETRY=1 STREAMLIT_BROWSER_GATHER_USAGE_STATS=false \
    STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION=false STREAMLIT_SERVER_ENABLE_CORS=false STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE=true \
    LIFELONG_PUBLIC=1 LIFELONG_MOST_WAITING=40 LIFELONG_MOST_SECONDS=600 LIFELONG_MOST_GB=5 LIFELONG_TOTAL_RUNS=500 \
    LIFELONG_VISITOR_RUNS=20 LIFELONG_VISITOR_GB=1 LIFELONG_VISITOR_SECONDS=3600 LIFELONG_VISITOR_UPLOADS=20 LIFELONG_VISITOR_WAITING=10 \
    LIFELONG_MOST_REQUESTS=3000/minute LIFELONG_PROXIES=1 LIFELONG_LOG=1 \
    LIFELONG_FRAME_ANCESTORS="'self' https://huggingface.co https://*.hf.space"
WORKDIR /srv/lifelong
COPY requirements.txt .
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0+cpu -r requirements.txt
COPY . .
RUN python -m compileall -q app lifelong && chmod -R a+rX,a-w .
USER user
EXPOSE 7860
HEALTHCHECK --start-period=60s CMD python -c "import urllib.request, sys; sys.exit(urllib.request.urlopen('http://localhost:7860/_stcore/health').read() != b'ok')"
CMD ["streamlit", "run", "app/main.py", "--server.address", "0.0.0.0", "--server.port", "7860", "--server.headless", "true"]
