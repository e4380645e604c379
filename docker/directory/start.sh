#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the certificate of the lab's directory if /tls has none yet, loads the directory anew, and
# becomes slapd.
set -eu

make_certificate() {
    key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650'
    umask 077
    openssl req -x509 $key -subj '/CN=Contoso lab CA' -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout /run/contoso/ca.key -out /tls/ca.new
    openssl req -x509 $key -CA /tls/ca.new -CAkey /run/contoso/ca.key -subj /CN=directory \
        -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth \
        -addext subjectAltName=DNS:directory,DNS:localhost,IP:127.0.0.1 \
        -keyout /tls/directory.key -out /tls/directory.pem
    rm /run/contoso/ca.key
    chmod 0644 /tls/ca.new
    mv /tls/ca.new /tls/ca.pem # last: whoever sees it, sees all
}

[ -s /tls/ca.pem ] || make_certificate

rm -rf /run/contoso/configuration /run/contoso/domain
mkdir -p /run/contoso/configuration /run/contoso/domain
slapadd -q -f /etc/contoso/slapd.conf -b 'CN=Configuration,DC=contoso,DC=com' -l /etc/contoso/configuration.ldif
slapadd -q -f /etc/contoso/slapd.conf -b 'DC=contoso,DC=com' -l /etc/contoso/domain.ldif

# -d keeps it in the foreground; SLAPD_LOG=stats writes a line for each operation.
exec slapd -f /etc/contoso/slapd.conf -h 'ldap://:3890/ ldaps://:6360/' -d "${SLAPD_LOG:-0}"
