"""A service that answers each action of EC2, STS and KMS from a list of its own, the last answer for ever: for states
that a real one is in too shortly, or not yet. "us-west-2 DescribeImages" goes before "DescribeImages"."""
import http.server
import json
import threading
import urllib.parse


class Scripted:
    def __init__(self, **answers):
        self.answers = {action: list(texts) for action, texts in answers.items()}
        self.asked = []  # (action, parameters)
        scripted = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                region = self.headers.get("Authorization", "///").split("/")[2]
                target = self.headers.get("X-Amz-Target")  # KMS's
                if target is not None:
                    parameters = json.loads(form) | {"Action": target.partition(".")[2]}
                else:
                    parameters = dict(urllib.parse.parse_qsl(form))
                status, body = scripted.answer(parameters, region)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, parameters, region):
        action = parameters["Action"]
        self.asked.append((action, parameters))
        texts = self.answers.get(f"{region} {action}") or self.answers.get(action) or [error("InvalidAction")]
        text = texts.pop(0) if len(texts) > 1 else texts[0]
        return (400 if "<Error>" in text or '"__type"' in text else 200), text.encode()

    def count(self, action):
        return sum(asked == action for asked, _ in self.asked)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def error(code, message="no"):
    return f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>"


def kms_error(code, message="no"):
    return json.dumps({"__type": code, "message": message})


def identity(account_id):
    """Of STS, who calls."""
    inner = f"<Arn>arn:aws:iam::{account_id}:root</Arn><UserId>x</UserId><Account>{account_id}</Account>"
    return f"<R><GetCallerIdentityResult>{inner}</GetCallerIdentityResult></R>"


def instances(instance, state, **members):
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in members.items())
    item = f"<item><instanceId>{instance}</instanceId><instanceState><name>{state}</name></instanceState>{inner}</item>"
    return (
        "<DescribeInstancesResponse><reservationSet><item>"
        f"<instancesSet>{item}</instancesSet></item></reservationSet></DescribeInstancesResponse>"
    )
