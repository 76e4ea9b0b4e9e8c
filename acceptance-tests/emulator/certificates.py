"""The bed's certificate authority and what it signs, made anew for every run.

One server certificate serves 127.0.0.1 and every STS host of the regions that
stories use; one client certificate is the administrator of the API servers.
"""

import datetime
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

STS_HOSTS = ["sts.amazonaws.com", *(f"sts.{region}.amazonaws.com" for region in
             ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2"))]
LIFETIME = datetime.timedelta(days=30)


def write_all(folder):
    """Write ca, another_ca, server, administrator and service_account files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = new_authority("eksauth test bed")
    another = new_authority("eksauth test bed, another authority")
    write(folder, "ca", *authority)
    write(folder, "another_ca", *another)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost"), *map(x509.DNSName, STS_HOSTS)]
    write(folder, "server", *signed(authority, [(NameOID.COMMON_NAME, "127.0.0.1")], ExtendedKeyUsageOID.SERVER_AUTH, names))
    administrator = [(NameOID.ORGANIZATION_NAME, "system:masters"), (NameOID.COMMON_NAME, "bed-administrator")]
    write(folder, "administrator", *signed(authority, administrator, ExtendedKeyUsageOID.CLIENT_AUTH, []))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "service_account.key").write_bytes(key_text(key))
    (folder / "service_account.pub").write_bytes(key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def server_context(folder):
    """TLS for a server of the bed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    return context


def new_authority(name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    certificate = (started(subject, subject, key)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                   .add_extension(usage, critical=True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                   .sign(key, hashes.SHA256()))
    return key, certificate


def signed(authority, subject, usage, names):
    authority_key, authority_certificate = authority
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(kind, text) for kind, text in subject])
    builder = (started(name, authority_certificate.subject, key)
               .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
               .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return key, builder.sign(authority_key, hashes.SHA256())


def started(subject, issuer, key):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5)).not_valid_after(now + LIFETIME))


def key_text(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def write(folder, name, key, certificate):
    secret = folder / f"{name}.key"
    secret.touch(mode=0o600)
    secret.write_bytes(key_text(key))
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
