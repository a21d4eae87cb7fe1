"""What a scenario's client has received, joined as the library's queue joins what is not taken.

Must name members as tests/scenarios/README.md does.
"""
from graceline import (BackgroundTaskEndedEvent, ConnectionStatusEvent, EventType,
                       FetchNeededEvent, GapVerdictEvent, Page, PingCompletedEvent,
                       RefreshNeededEvent, RequestCompletedEvent, ReturnVerdictEvent,
                       SendFateEvent, TokenNeededEvent)
from graceline._events import KINDS

TYPE_OF = {row[0]: EventType(kind).name.lower() for kind, row in KINDS.items()}


def ms(seconds):
    return None if seconds is None else round(seconds * 1000)


def message(of):
    return {"text": of.data, "id": of.id, "conversation": of.conversation, "sender": of.sender,
            "time": of.server_time, "replayed": of.replayed}


def page(of):
    if of is None:
        return None
    if isinstance(of, Page):
        items = [message(each) for each in of.messages]
    else:
        items = [{"text": each.data, "id": each.id, "conversation": each.id, "sender": None,
                  "time": each.server_time, "replayed": True} for each in of.conversations]
    return {"end": str(of.end), "items": items}


def details(event):
    match event:
        case ConnectionStatusEvent():
            return {"connection_status": str(event.status), "phase": str(event.phase),
                    "attempt": event.attempt, "retry_in_ms": ms(event.retry_in),
                    "close_code": event.code, "http_status": event.http_status}
        case BackgroundTaskEndedEvent():
            return {"task_cause": str(event.cause)}
        case GapVerdictEvent():
            return {"gap_verdict": str(event.verdict), "gap_ms": ms(event.length)}
        case ReturnVerdictEvent():
            return {"return_verdict": str(event.verdict)}
        case RefreshNeededEvent():
            return {"since_id": event.since_id}
        case SendFateEvent():
            return {"fate": str(event.fate), "first_id": event.first_id, "last_id": event.last_id}
        case RequestCompletedEvent():
            return {"request_status": str(event.status), "http_status": event.http_status,
                    "retry_in_ms": ms(event.retry_in), "page": page(event.page)}
        case FetchNeededEvent():
            return {"kind": str(event.kind), "direction": str(event.direction),
                    "limit": event.limit, "conversation": event.conversation,
                    "anchor_id": event.anchor_id, "cursor": event.cursor}
        case PingCompletedEvent():
            return {}
    return {}


class Journal:
    def __init__(self):
        self.messages = []
        self.events = []
        self.token_question = 0
        self.page_questions = []
        self.completed = 0

    def add(self, event):
        if isinstance(event, TokenNeededEvent):
            self.token_question = event.request_id
        if isinstance(event, FetchNeededEvent):
            self.page_questions.append(event.request_id)
        if isinstance(event, RequestCompletedEvent):
            self.completed += 1
        made = {"type": TYPE_OF[type(event)], **details(event)}
        if hasattr(event, "reason"):
            made["reason"] = str(event.reason)
        last = self.events[-1] if self.events else {"type": None}
        if last["type"] == made["type"] == "connection_status" \
                and last["connection_status"] == made["connection_status"]:
            self.events[-1] = made
        elif last["type"] == made["type"] == "send_fate" and last["fate"] == made["fate"] \
                and last["reason"] == made["reason"] and last["last_id"] + 1 == made["first_id"]:
            last["last_id"] = made["last_id"]
        else:
            self.events.append(made)

    def forget(self):
        self.events.clear()
