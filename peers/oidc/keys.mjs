// Makes the provider's signing keys.
import { generateKeyPairSync } from 'node:crypto';

const key = (pair, alg) => ({ ...pair.privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: alg.toLowerCase() });
const keys = [key(generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RS256'), key(generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256')];
process.stdout.write(JSON.stringify({ keys }));
