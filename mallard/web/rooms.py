"""Rooms: routes that are there only where the settings name them, and what these work with."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint


@dataclass(frozen=True, slots=True)
class Room:
    """Some blueprints, and the parts that they find under the room's name in the application."""

    name: str
    parts: object
    blueprints: tuple[Blueprint, ...]
