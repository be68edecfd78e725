"""Reading one commit of a git repository over https: what goes over the wire, what is in a pack, which files a folder has.

No git program and no working copy: so there is nothing that hooks, configuration, filters or submodules could act on, and every
size is known before anything is unpacked.
"""
