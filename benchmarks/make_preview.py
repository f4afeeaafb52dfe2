"""Makes the picture that a link to the app is shown with: a 0 and who forgets it.

    python -m benchmarks.make_preview

Starts the app, draws a 0 with the mouse, presses Share and stores the card in app/assets/.
"""

import base64
import tempfile

from playwright.sync_api import expect, sync_playwright

from app.shared.assets import ASSETS
from tests.app.drawing import ZERO, draw
from tests.app.helpers import CHROMIUM, DESKTOP, FLAGS, Server, drawing_page, server_environment


def main() -> None:
    """Writes app/assets/preview.png."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        server = Server(server_environment(LIFELONG_RUNS=folder))
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page = chromium.new_page(viewport=DESKTOP, reduced_motion="reduce")
            page.goto(server.url)
            frame = drawing_page(page)
            draw(page, frame, ZERO)
            expect(frame.locator("#sentence")).to_contain_text("Your 0 is known", timeout=30_000)
            frame.get_by_role("button", name="What would have saved it?").click()
            frame.locator(".other .card").nth(14).wait_for()
            frame.get_by_role("button", name="Share", exact=True).click()
            image = frame.locator("#share img")
            image.wait_for()
            content = (image.get_attribute("src") or "").partition(",")[2]
            (ASSETS / "preview.png").write_bytes(base64.b64decode(content))
        finally:
            server.process.kill()


if __name__ == "__main__":
    main()
