"""The web sites that attack, all on one port: pages by path, and what their scripts report."""

import http.server
import threading
import urllib.parse


class Site:
    """`pages` are HTML by path. What a script sends to `/report` is collected in `reports`."""

    def __init__(self):
        self.pages, self.redirects, self.reports, self.visits = {}, {}, [], []

    def __enter__(self):
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                path = urllib.parse.urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode(errors="replace")
                site.visits.append(path.path)
                if path.path == "/report":
                    site.reports.append(urllib.parse.unquote(path.query) + body)
                if target := site.redirects.get(path.path):
                    self.send_response(302)
                    self.send_header("Location", target)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                page = site.pages.get(path.path, "").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def at(self, path, name="evil.test"):
        return f"http://{name}:{self.port}{path}"

    def page(self, path, html, name="evil.test"):
        """Serves a page and returns its address. `REPORT` in it is replaced by the address to report to."""
        self.pages[path] = "<!doctype html><meta charset=utf-8>" + html.replace("REPORT", self.at("/report"))
        return self.at(path, name)
