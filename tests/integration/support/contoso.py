# SPDX-License-Identifier: Apache-2.0
"""Contoso: the configuration most tests begin with, and a person for every way a phone is answered.

The password of everybody is Passw0rd!<the name before the @>.
"""

OFFICE_365 = "https://outlook.office365.com/Microsoft-Server-ActiveSync"
FABRIKAM = "https://mail.fabrikam.com/Microsoft-Server-ActiveSync"
HOME = "CN=DB01,CN=Databases,CN=Contoso,DC=contoso,DC=com"


def person(name, **attributes):
    """An account without anything of Exchange but what is given."""
    return {"userPrincipalName": f"{name}@contoso.com", "sAMAccountName": f"CONTOSO\\{name}",
            "userAccountControl": 512, "password": f"Passw0rd!{name}", **attributes}


def moved(name, domain="contoso.mail.onmicrosoft.com", **attributes):
    return person(name, **{"mail": f"{name}@contoso.com", "proxyAddresses": [f"SMTP:{name}@contoso.com"],
                           "mailNickname": name, "targetAddress": f"SMTP:{name}@{domain}",
                           "msExchRecipientTypeDetails": "RemoteUserMailbox", **attributes})


def local(name, **attributes):
    return person(name, **{"mail": f"{name}@contoso.com", "proxyAddresses": [f"SMTP:{name}@contoso.com"],
                           "mailNickname": name, "homeMDB": HOME, "msExchRecipientTypeDetails": 1, **attributes})


def crowd(kind, count, **attributes):
    """crowd("late", 60): late001 to late060, moved."""
    return [moved(f"{kind}{number:03}", **attributes) for number in range(1, count + 1)]


def directory(*more):
    """A new copy each time: tests change it."""
    users = [
        moved("user12"),
        moved("forest7", "fabrikam.com", msExchRecipientTypeDetails="MailUser"),
        local("anna"),
        local("lars", targetAddress="SMTP:lars@contoso.mail.onmicrosoft.com"),
        local("paul", msExchOmaAdminWirelessEnable=4),
        person("nina"),
        person("mona", mailNickname="mona", mail="mona@contoso.com"),
        moved("olga", "litware.mail.onmicrosoft.com"),
        moved("xena", targetAddress="X400:c=US;a= ;p=Contoso;o=Exchange;s=Xena"),
        moved("tina", "targetless.contoso.com"),
        moved("self", "self.contoso.com"),
        moved("strict", "strict.contoso.com"),
        moved("disabled", userAccountControl=514),
        moved("locked", userAccountControl=512 + 16),
        moved("expired", userAccountControl=512 + 0x800000),
        person("bob"),
        {**person("bob2"), "sAMAccountName": "FABRIKAM\\bob"},
    ]
    relationships = [
        {"name": "Fabrikam", "domain_names": ["fabrikam.com"], "target_owa_url": "https://mail.fabrikam.com/owa"},
        {"name": "Targetless", "domain_names": ["targetless.contoso.com"]},
        {"name": "Ourselves", "domain_names": ["self.contoso.com"], "target_owa_url": "https://mail.contoso.com/owa"},
        {"name": "Strict", "domain_names": ["strict.contoso.com"], "target_owa_url": "https://strict.example/owa",
         "minimum_protocol_version": "16.1"},
    ]
    return {"users": users + list(more), "organization_relationships": relationships}


def config(**sections):
    """The lab on free ports, two workers, the access log on stdout. `sections` replace whole sections."""
    made = {
        "listeners": [{"bind": "127.0.0.1:0", "tls": {"certificate": "tls.crt", "key": "tls.key"}}],
        "public_names": ["mail.contoso.com"],
        "workers": 2,
        "lab": True,
        "admin": {"bind": "127.0.0.1:0"},
        "directory": {"type": "file", "file": "directory.json"},
        "organization_relationships": {
            "static": [{"name": "Office 365", "domain_names": ["contoso.mail.onmicrosoft.com"],
                        "target_owa_url": "https://outlook.office.com/mail"}]},
    }
    made.update(sections)
    return {name: section for name, section in made.items() if section is not None}
