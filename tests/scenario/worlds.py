"""Scenarios for tests: a base on the Moon, a station in Utah that plays Mars, and two bare sites."""

MOON = """
name = "moonbase"
title = "Moon base"
start = "2030-01-01"
end = "2030-01-20"
demo_at = "2030-01-10T12:00:00Z"
demo_since = "2030-01-08"
earth_home = "houston"
earth_timezone = "America/Chicago"

[[world]]
name = "moon"
body = "moon"
home = "shackleton"
since = "2030-01-01"

[[node]]
name = "houston"
number = 1
title = "Houston"
world = "earth"
site = { body = "earth", latitude_deg = 29.56, longitude_deg = -95.09 }

[[node]]
name = "shackleton"
number = 2
title = "Shackleton Base"
world = "moon"

[[link]]
between = ["houston", "shackleton"]
kind = "wire"
rate_bps = 100_000
light_time_s = 1.28

[[person]]
id = "ada"
name = "Ada"
service = 1
mailbox = [{ node = "houston" }]

[[person]]
id = "neil"
name = "Neil"
service = 2
mailbox = [{ node = "shackleton" }]

[[letter]]
at = "2030-01-09T09:00:00Z"
from = "ada@houston"
to = "neil@shackleton"
text = "How is the ice?"

[[letter]]
at = "2030-01-09T10:00:00Z"
from = "neil@shackleton"
to = "ada@houston"
text = "Old."
"""

UTAH = """
name = "utah"
title = "A hall in Utah"
start = "2030-03-01"
end = "2030-03-20"
demo_at = "2030-03-10T18:00:00Z"
demo_since = "2030-03-09"

[[world]]
name = "utah"
title = "Utah"
timezone = "America/Denver"

[[world]]
name = "ship"
since = "2030-03-01"

[[node]]
name = "support"
number = 1
title = "Mission support"
world = "utah"

[[node]]
name = "hab"
number = 2
title = "Habitat"
world = "ship"

[[link]]
between = ["support", "hab"]
kind = "wire"
rate_bps = 1_000_000
light_time_s = 9.5

[[storm]]
start = "2030-03-05T00:00:00Z"
end = "2030-03-05T06:00:00Z"
links = [["support", "hab"]]
text = "The generator is out of fuel."

[[person]]
id = "sam"
name = "Sam"
service = 1
mailbox = [{ node = "support" }]

[[person]]
id = "kim"
name = "Kim"
service = 2
mailbox = [{ node = "hab" }]

[[letter]]
at = "2030-03-05T01:00:00Z"
from = "sam@support"
to = "kim@hab"
text = "Are you warm?"
"""

TWO_SITES = """
[[node]]
name = "seoul"
number = 10
world = "earth"
site = { body = "earth", latitude_deg = 37.5, longitude_deg = 127.0, height_m = 40 }

[[node]]
name = "base"
number = 20
world = "mars"
site = { body = "mars", latitude_deg = -6.2, longitude_deg = 239.9, height_m = 6200 }

[[link]]
between = ["seoul", "base"]
kind = "radio"
rate_bps = 1000
"""
