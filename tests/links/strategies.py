"""What a peer may send: whole sessions, well-formed and less so."""

from __future__ import annotations

from hypothesis import strategies as st
from tests.links.helpers import CONTACT, KEEPALIVE, ack, item, refuse, reject, segment, sess_init, term

small = st.integers(0, 4)
bodies = st.binary(max_size=40)
items = st.lists(
    st.builds(
        item,
        st.sampled_from([1, 2, 0x8A57, 0x9000]),
        st.one_of(st.binary(max_size=9), st.integers(0, 90).map(lambda n: n.to_bytes(8, "big"))),
        critical=st.booleans(),
    ),
    max_size=3,
).map(b"".join)

messages = st.one_of(
    st.builds(segment, small, bodies, start=st.booleans(), end=st.booleans(), items=items, flags=st.just(0)),
    st.builds(segment, small, bodies, start=st.booleans(), end=st.booleans()),
    st.builds(ack, small, st.integers(0, 50), start=st.booleans(), end=st.booleans()),
    st.builds(refuse, small, st.integers(0, 8)),
    st.just(KEEPALIVE),
    st.builds(term, st.integers(0, 7), reply=st.booleans()),
    st.builds(reject, st.integers(0, 4), st.integers(0, 8)),
    st.builds(sess_init, keepalive=st.integers(0, 3)),
    st.binary(max_size=3),
)
sessions = st.tuples(
    st.one_of(st.just(CONTACT), st.binary(max_size=7)) | st.just(CONTACT),
    st.builds(sess_init, keepalive=st.integers(0, 3), segment_mru=st.sampled_from([64, 2**20])) | messages,
    st.lists(messages, max_size=12).map(b"".join),
).map(b"".join)
