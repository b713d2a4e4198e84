"""A mail server for tests: STARTTLS or TLS, a login, and a maildir for what it takes."""
import asyncio
import ssl
import sys

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

folder, certificate, key, port, tls_port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])


def authenticate(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"cloud", b"mail-password")
    return AuthResult(success=known, handled=known)


class Handler(Mailbox):
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == "refused-for-good@example.org":
            return "550 no such user here"
        if address == "later@example.org":
            return "450 try again later"
        if not address.endswith("@example.org"):
            return "550 relaying is not allowed"
        envelope.rcpt_tos.append(address)
        return "250 OK"


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    handler = Handler(folder)
    shared = dict(hostname="localhost", authenticator=authenticate, auth_required=True, enable_SMTPUTF8=True)
    loop = asyncio.get_running_loop()
    plain = await loop.create_server(lambda: SMTP(handler, tls_context=context, require_starttls=True, **shared), "127.0.0.1", port)
    # the connection is encrypted before the server hears of it
    wrapped = await loop.create_server(lambda: SMTP(handler, auth_require_tls=False, **shared), "127.0.0.1", tls_port, ssl=context)
    await asyncio.gather(plain.serve_forever(), wrapped.serve_forever())


asyncio.run(main())
