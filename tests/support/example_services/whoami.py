# SPDX-License-Identifier: BSD-3-Clause
"""A service as people write them with the PyPI package `jupyterhub`: it tells who asks, as the hub says.

whoami.py token: HubAuthenticated, for programs that bring a token. whoami.py browser: HubOAuthenticated, which signs browsers in.
"""
import json
import os
import sys
from urllib.parse import urlparse

from jupyterhub.services.auth import HubAuthenticated, HubOAuthCallbackHandler, HubOAuthenticated
from jupyterhub.utils import url_path_join
from tornado import ioloop, web


class WhoAmI:
    @web.authenticated
    def get(self):
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(self.get_current_user()))


class ByToken(WhoAmI, HubAuthenticated, web.RequestHandler):
    pass


class ByBrowser(WhoAmI, HubOAuthenticated, web.RequestHandler):
    pass


class Environment(web.RequestHandler):
    """What it was started with, for the tests: names and values, but for tokens."""

    def get(self):
        told = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
        self.write({"environment": told, "names": sorted(os.environ), "pid": os.getpid()})


def main():
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    who = ByBrowser if sys.argv[1] == "browser" else ByToken
    app = web.Application([(prefix, who),
                           (url_path_join(prefix, "environment"), Environment),
                           (url_path_join(prefix, "oauth_callback"), HubOAuthCallbackHandler)], cookie_secret=os.urandom(32))
    url = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
    app.listen(url.port, url.hostname)
    ioloop.IOLoop.current().start()


if __name__ == "__main__":
    main()
