# SPDX-License-Identifier: BSD-3-Clause
"""A Python kernel behind the hub's front door, driven over its websocket as JupyterLab does."""
import json
import uuid

import websocket


class Kernel:
    """Started in the user's server; its websocket stays open until close()."""

    def __init__(self, api, user, server=""):
        self.prefix = f"/user/{user}/" + (f"{server}/" if server else "")
        answer = api.post(self.prefix + "api/kernels", json={"name": "python3"})
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]
        self.socket = websocket.create_connection(
            f"{api.base.replace('http', 'ws', 1)}{self.prefix}api/kernels/{self.id}/channels",
            header=[f"Authorization: token {api.token}"], timeout=60, http_no_proxy=["*"])

    def run(self, code):
        """The text of the last expression's value."""
        asked = uuid.uuid4().hex
        self.socket.send(json.dumps({
            "channel": "shell", "metadata": {}, "parent_header": {}, "buffers": [],
            "header": {"msg_id": asked, "msg_type": "execute_request", "username": "test", "session": self.id,
                       "version": "5.3", "date": ""},
            "content": {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                        "allow_stdin": False, "stop_on_error": True}}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("parent_header", {}).get("msg_id") != asked:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            assert kind != "error", "\n".join(content["traceback"])
            if kind == "execute_result":
                return content["data"]["text/plain"]

    def close(self):
        self.socket.close()
