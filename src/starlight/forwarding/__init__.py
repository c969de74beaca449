"""Sending on: routes booked, queues served by priority, fragments, copies, answers awaited."""
