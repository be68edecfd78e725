"""The warning about personal data: what is noticed, what is left alone, and that hostile text takes no time."""

import time

import pytest

from gateway.personal import personal_data

BANK, PHONE, MAIL = "a bank account (IBAN)", "a telephone number", "an e-mail address"
STUDENT, BIRTH, TAX, ADDRESS = "a matriculation number", "a date of birth", "a tax number", "a postal address"
CARD, MACHINE, CARD_OF_ID, SECRET = (
    "a credit card", "the network address of a machine (IP)", "a number of an identity card or of social insurance", "a password or a key",
)


@pytest.mark.parametrize(("text", "found"), [
    ("Write to ada.lovelace@uni-musterstadt.de please", MAIL), ("mail=\"ada+ki@example.org\"", MAIL), ("ada@studium.uni-köln.de", MAIL),
    ("IBAN DE89 3704 0044 0532 0130 00", BANK), ("DE89370400440532013000", BANK), ("GB29 NWBK 6016 1331 9268 19", BANK),
    ("Rufen Sie 0211 81-12345 an", PHONE), ("call +49 211 8112345", PHONE), ("Tel.: 02118112345", PHONE), ("my phone is 07911123456", PHONE),
    ("Matrikelnummer: 1234567", STUDENT), ("Matr.-Nr. 2345678", STUDENT), ("My student ID is 4711001", STUDENT),
    ("born on 10.12.1815", BIRTH), ("Geburtsdatum: 10.12.1815", BIRTH), ("geboren am 3. März 1999", BIRTH), ("date of birth: 12 May 2001", BIRTH),
    ("Steuer-ID 86 095 742 719", TAX), ("86095742719", TAX),
    ("Sie wohnt Universitätsstraße 1, 40225 Düsseldorf.", ADDRESS), ("Am Musterweg 12a\n50667 Köln", ADDRESS), ("10 Downing Street, London SW1A 2AA", ADDRESS),
    ("4111 1111 1111 1111", CARD), ("5500-0055-5555-5559", CARD), ("378282246310005", CARD),
    ("der Server 134.99.128.40 antwortet nicht", MACHINE),
    ("Personalausweis L01X00T47", CARD_OF_ID), ("Sozialversicherungsnummer 65 180539 W 001", CARD_OF_ID), ("my SSN is 078-05-1120", CARD_OF_ID),
    ("api_key = \"9f8e7d6c5b4a\"", SECRET), ("Das Passwort ist Sommer2026!", SECRET), ("-----BEGIN RSA PRIVATE KEY-----", SECRET),
    ("sk-abcdefghijklmnopqrstuvwx", SECRET), ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", SECRET),
])
def test_personal_data_is_noticed(text: str, found: str) -> None:
    assert found in personal_data(text)


@pytest.mark.parametrize("text", [
    "Answer in at most 80 words.", "The date as 2026-12-31, such as 14.02.2027", "Raum B 204, 10:00 bis 12:00 Uhr", "Use {\"a\": 1.25}",
    "Only from the source, see § 5 (2) 1-3, pages 100 - 120", "DE00 0000 0000 0000 0000 00", "0,5 Liter und 0.25 Euro", "@mention and user@localhost",
    "Kant wurde in Königsberg geboren, 1724.", "Version 3.12.1.0 und 127.0.0.1, 192.168.0.1", "Die Straße ist 12 km lang.", "ISBN 978-3-16-148410-0",
    "for i in range(1000000000000): print(i)", "password = getpass()", "api_key = os.environ['API_KEY']", "Das Passwort ist wichtig.", "password: <your password>",
    "12345678901", "1111 1111 1111 1111", "Wann öffnet die Bibliothek? Universitätsstraße, Düsseldorf", "Der Personalausweis ist nötig.", "Was ist ein Matrikelhandbuch?",
    "Nenne 3 Gründe, warum die Hauptstadt von Nordrhein-Westfalen Düsseldorf ist.", "x = [0.1, 0.2, 0.3] * 4096", "Im Jahr 1999 waren es 12 345 678 901 Euro.",
    "decorator: @app.route('/')", "Kapitel 1.2.3", "Der Ring 5 der Herren", "24. Dezember 2026",
])
def test_ordinary_prompts_are_left_alone(text: str) -> None:
    assert personal_data(text) == ()


@pytest.mark.parametrize("piece", [
    "x", "1 ", "0", "a@", "a@b.", "+49", "DE12 ", "DE12ABCD", "4111 ", "geboren ", "geboren am ", "matrikel ", "1.", "1.1.1.", "A straße 1 ", "Astraße 1,\n", "10 A street ",
    "passwort ist ", "passwort: ", "-----BEGIN ", "sk-a", "tel ", "ausweis a ", "65 180539 W ", "a.", "a-", "ssn ", "\n", "ä", "A" * 39 + "straße ",
])
def test_hostile_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    personal_data(text)
    assert time.process_time() - began < 2.5
