"""A thin Common Cartridge 1.3: nothing but links that open the modules here by LTI."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from lxml import etree

from exchange.zipping import packed
from modules.course import CourseSource

_CC = "http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1"
_LOM = "http://ltsc.ieee.org/xsd/imsccv1p3/LOM/manifest"
_LINK = "http://www.imsglobal.org/xsd/imslticc_v1p3"
_BLTI = "http://www.imsglobal.org/xsd/imsbasiclti_v1p0"
_LTICM = "http://www.imsglobal.org/xsd/imslticm_v1p0"


def write(course: CourseSource, language: str, launch_url: str) -> bytes:
    """Links to the course and to each of its modules."""
    chosen = language if language in course.languages else course.languages[0]
    links = list(_links(course, chosen))
    files = {f"links/{name}.xml": _link(title, launch_url, custom) for name, title, custom in links}
    files["imsmanifest.xml"] = _manifest(course.title.get(chosen) or course.id, chosen, [(name, title) for name, title, _ in links])
    return packed(files)


def _links(course: CourseSource, language: str) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    yield "course", course.title.get(language) or course.id, {"course": course.id}
    for module in course.modules:
        source = module.sources.get(language) or next(iter(module.sources.values()))
        yield f"module-{module.id}", source.title, {"course": course.id, "module": module.id}


def _link(title: str, launch_url: str, custom: Mapping[str, str]) -> bytes:
    root = etree.Element(f"{{{_LINK}}}cartridge_basiclti_link", nsmap={None: _LINK, "blti": _BLTI, "lticm": _LTICM})
    etree.SubElement(root, f"{{{_BLTI}}}title").text = title
    parameters = etree.SubElement(root, f"{{{_BLTI}}}custom")
    for name, value in custom.items():
        etree.SubElement(parameters, f"{{{_LTICM}}}property", name=name).text = value
    tag = "secure_launch_url" if launch_url.startswith("https:") else "launch_url"
    etree.SubElement(root, f"{{{_BLTI}}}{tag}").text = f"{launch_url}?{urlencode(custom)}"
    vendor = etree.SubElement(root, f"{{{_BLTI}}}vendor")
    etree.SubElement(vendor, "{http://www.imsglobal.org/xsd/imslticp_v1p0}code").text = "lotse"
    etree.SubElement(vendor, "{http://www.imsglobal.org/xsd/imslticp_v1p0}name").text = "Lotse"
    return _bytes(root)


def _manifest(title: str, language: str, links: list[tuple[str, str]]) -> bytes:
    root = etree.Element(f"{{{_CC}}}manifest", nsmap={None: _CC, "lomimscc": _LOM}, identifier="lotse")
    metadata = etree.SubElement(root, f"{{{_CC}}}metadata")
    etree.SubElement(metadata, f"{{{_CC}}}schema").text = "IMS Common Cartridge"
    etree.SubElement(metadata, f"{{{_CC}}}schemaversion").text = "1.3.0"
    general = etree.SubElement(etree.SubElement(metadata, f"{{{_LOM}}}lom"), f"{{{_LOM}}}general")
    etree.SubElement(etree.SubElement(general, f"{{{_LOM}}}title"), f"{{{_LOM}}}string", language=language).text = title
    organisation = etree.SubElement(etree.SubElement(root, f"{{{_CC}}}organizations"), f"{{{_CC}}}organization", identifier="contents", structure="rooted-hierarchy")
    top = etree.SubElement(organisation, f"{{{_CC}}}item", identifier="top")
    resources = etree.SubElement(root, f"{{{_CC}}}resources")
    for name, told in links:
        item = etree.SubElement(top, f"{{{_CC}}}item", identifier=f"i-{name}", identifierref=f"r-{name}")
        etree.SubElement(item, f"{{{_CC}}}title").text = told
        resource = etree.SubElement(resources, f"{{{_CC}}}resource", identifier=f"r-{name}", type="imsbasiclti_xmlv1p3")
        etree.SubElement(resource, f"{{{_CC}}}file", href=f"links/{name}.xml")
    return _bytes(root)


def _bytes(root: object) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
