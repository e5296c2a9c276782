"""python-socketio against a server that keeps the contract of the example `scenarios`.

    SERVER=http://127.0.0.1:3000 TRANSPORTS=polling,websocket python -m unittest scenarios

What the client hears is put into queues, so that a test waits for events and for nothing else.
"""

import os
import queue
import unittest

import socketio

SERVER = os.environ["SERVER"]
TRANSPORTS = os.environ["TRANSPORTS"].split(",")

# How long anything may take, in seconds.
PATIENCE = 15


class Guest:
    """A client in some namespaces, and a queue for everything that it hears in each of them."""

    def __init__(self, test, namespaces=("/",), auth=None, handlers=None):
        self.client = socketio.Client(reconnection=False)
        test.addCleanup(self.client.shutdown)
        self.heard = {name: queue.Queue() for name in namespaces}
        self.gone = {name: queue.Queue() for name in namespaces}
        for name in namespaces:
            self.client.on("*", self._listener(name), namespace=name)
            self.client.on("disconnect", self.gone[name].put, namespace=name)
        for event, handler in (handlers or {}).items():
            self.client.on(event, handler)
        self.client.connect(
            SERVER,
            namespaces=list(namespaces),
            auth=auth,
            transports=TRANSPORTS,
            wait_timeout=PATIENCE,
        )

    def _listener(self, namespace):
        return lambda event, *args: self.heard[namespace].put((event, list(args)))

    def emit(self, event, *args, namespace="/"):
        self.client.emit(event, args, namespace=namespace)

    def ask(self, event, *args, namespace="/"):
        """The answer: a tuple if it has several arguments."""
        return self.client.call(event, args, namespace=namespace, timeout=PATIENCE)

    def next(self, event, namespace="/"):
        """The arguments of the next event of that name; what comes before it is passed over."""
        while True:
            name, args = self.heard[namespace].get(timeout=PATIENCE)
            if name == event:
                return args


class Scenarios(unittest.TestCase):
    def test_a_client_is_welcomed_by_its_id(self):
        guest = Guest(self)
        (welcome,) = guest.next("welcome")
        self.assertEqual(welcome["id"], guest.client.get_sid())
        self.assertIn(welcome["transport"], TRANSPORTS)
        self.assertEqual((welcome["eio"], welcome["recovered"]), (4, False))
        self.assertEqual(guest.ask("transport"), TRANSPORTS[-1])

    def test_text_and_values_come_back(self):
        guest = Guest(self)
        values = [1, -2.5, None, True, {"deep": [{"er": "€"}]}, "👩‍👩‍👧‍👦 \u2028 \x00 \U0010ffff"]
        guest.emit("echo", *values)
        self.assertEqual(guest.next("echo"), values)
        self.assertEqual(list(guest.ask("echo", *values)), values)
        texts = guest.ask("unicode")
        self.assertEqual(len(texts), 15)
        self.assertEqual(guest.ask("echo", texts), texts)

    def test_bytes_come_back_at_any_depth(self):
        guest = Guest(self)
        value = {"a": [b"\x00\xff", {"b": b""}], "text": "t"}
        guest.emit("echo", value, b"\x01")
        self.assertEqual(guest.next("echo"), [value, b"\x01"])
        self.assertEqual(guest.ask("echo", value), value)
        described = guest.ask("describe", value)
        self.assertEqual(described, [{"a": [{"$bin": "00ff"}, {"b": {"$bin": ""}}], "text": "t"}])
        made = guest.ask("make", "binary", 300_000)
        self.assertEqual(made, (bytes(range(256)) * 1172)[:300_000])

    def test_the_server_asks_and_is_answered(self):
        guest = Guest(self, handlers={"called": lambda *args: (*reversed(args), b"\x07")})
        guest.emit("call-me", "a", 2)
        self.assertEqual(guest.next("call-result"), [2, "a", b"\x07"])

    def test_a_room_is_asked_and_its_answers_come_together(self):
        guest = Guest(self, handlers={"poll-you": lambda x: f"{x}!"})
        room = guest.client.get_sid()
        for room, answers in [(room, ["vote!"]), (f"not {room}", [])]:
            outcome = guest.ask("call-room", room, "vote")
            self.assertEqual(outcome, {"answers": answers, "timedOut": False})

    def test_a_forbidden_event_is_refused(self):
        guest = Guest(self)
        guest.emit("forbidden", "please")
        self.assertEqual(guest.next("refused"), ["forbidden event"])

    def test_rooms_are_heard_by_those_in_them(self):
        ada, ben, eve = Guest(self), Guest(self), Guest(self)
        room = f"room of {ada.client.get_sid()}"
        for guest in (ada, ben):
            self.assertEqual(guest.ask("join", room), [room])
        self.assertEqual(eve.ask("members", room), 2)
        spec = {"to": [room], "except": [], "self": False, "event": "news", "args": [1, b"\x02"]}
        self.assertEqual(ada.ask("send", spec), "sent")
        self.assertEqual(ben.next("news"), [1, b"\x02"])
        spec = {**spec, "to": [], "self": True, "event": "end"}
        ada.ask("send", spec)
        for guest in (ada, eve):
            # Nothing was heard in between.
            names = []
            while not names or names[-1] != "end":
                names.append(guest.heard["/"].get(timeout=PATIENCE)[0])
            self.assertNotIn("news", names)
        self.assertEqual(ben.ask("leave", room), [])

    def test_namespaces_share_a_connection(self):
        guest = Guest(self, ["/", "/other", "/dyn-7"])
        self.assertEqual(guest.next("dyn", "/dyn-7"), ["/dyn-7"])
        (welcome,) = guest.next("welcome", "/other")
        self.assertEqual(welcome["id"], guest.client.get_sid("/other"))
        self.assertNotEqual(welcome["id"], guest.client.get_sid())
        self.assertEqual(guest.ask("echo", b"\x01", namespace="/other"), b"\x01")
        guest.emit("say", "hello", namespace="/other")
        said = guest.next("said", "/other")
        self.assertEqual(said, [{"id": welcome["id"], "text": "hello"}])
        handshake = guest.ask("handshake")
        self.assertEqual((handshake["nsp"], handshake["auth"]), ("/", {}))

    def test_who_knows_the_word_is_let_in(self):
        guest = Guest(self, ["/private"], auth={"token": "s3cret"})
        self.assertEqual(guest.next("granted", "/private"), [{"token": "s3cret"}])

    def test_who_does_not_is_told_why(self):
        told = queue.Queue()
        client = socketio.Client(reconnection=False)
        self.addCleanup(client.shutdown)
        client.on("connect_error", told.put, namespace="/private")
        with self.assertRaises(socketio.exceptions.ConnectionError):
            client.connect(
                SERVER,
                namespaces=["/private"],
                auth={"token": "guess"},
                transports=TRANSPORTS,
                wait_timeout=PATIENCE,
            )
        data = {"code": "E_TOKEN", "got": "guess"}
        self.assertEqual(told.get(timeout=PATIENCE), {"message": "not authorized", "data": data})

    def test_the_server_says_goodbye_after_its_last_words(self):
        guest = Guest(self, ["/", "/other"])
        guest.emit("last-words", "so long")
        self.assertEqual(guest.next("last-words"), ["so long"])
        for name in ("/", "/other"):
            guest.gone[name].get(timeout=PATIENCE)


if __name__ == "__main__":
    unittest.main()
