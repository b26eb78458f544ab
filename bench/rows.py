"""A row of the result: what is written as JSON, and what it says."""

from __future__ import annotations

LIMIT_GOAL = 0.80


def row(
    workload: str,
    batch: int,
    threads: int,
    mode: str,
    own: float,
    peers: dict[str, float],
    goal: float,
    limit_fraction: float | None,
    versions: dict[str, str],
) -> dict:
    """Figures are seconds, or bytes where the mode says so; the goal is the least ratio."""
    fastest = min(peers, key=peers.get, default=None)
    return {
        "workload": workload,
        "batch": batch,
        "threads": threads,
        "mode": mode,
        "castalia_s": own,
        "peers": peers,
        "fastest_peer": fastest,
        "ratio": peers[fastest] / own if fastest else None,
        "goal": goal,
        "limit_fraction": limit_fraction,
        "versions": versions,
    }


def met(each: dict) -> bool:
    """Whether the row reaches its goal, or comes close enough to what the machine gives."""
    at_limit = each["limit_fraction"] is not None and each["limit_fraction"] >= LIMIT_GOAL
    return at_limit or (each["ratio"] is not None and each["ratio"] >= each["goal"])


def figure(each: dict, value: float) -> str:
    """A time or a size, for people."""
    if "bytes" in each["mode"]:
        return f"{value / 1e6:.3g} MB"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value * 1e9:.0f} ns"
