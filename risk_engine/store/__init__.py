"""The record of decisions on disk: committed before the answer leaves, chained, and read back years later."""

from risk_engine.store.chain import Head
from risk_engine.store.connection import refuse_workers
from risk_engine.store.idempotency import Answered
from risk_engine.store.keys import ApiKey, Role
from risk_engine.store.repository import Store, open_store

__all__ = ["Answered", "ApiKey", "Head", "Role", "Store", "open_store", "refuse_workers"]
