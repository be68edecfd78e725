"""Verifiable credentials of certificates: Open Badges 3.0 as signed JSON, as JWT and in a picture, and how they are checked.

Pure: nothing here knows the web, the database or the network. Who calls gives keys, addresses and moments.
"""
