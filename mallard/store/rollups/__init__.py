"""Figures of days, worked out once and added up ever after; always equal to the events'.

Promises that a report gets from here just what its events would say, or else reads these. All of it
is derived, and may be thrown away. Reports declare what is kept (`declared`); `queries` asks;
upkeep has it worked out. To understand it, read

1. `declared` and `built`: what a rollup is; what is known of a day that has been built.
2. `kept` and `database_file`: what is there, and where; `day_rows`: the rows of one day.
3. `figures` and `working_out`: how a day gets its figures; `small_days`: how many get theirs.
4. `corrections` and `returning_visitors`: who was there before does not count twice;
   `returning_together`: the same of many days at once.
5. `recent_events` and `changes`: a day that goes on; `visitors_in_order` finds who is new.
6. `moment`, `planning`, `counting_once` and `plan`: what a report reads of all this.
"""
