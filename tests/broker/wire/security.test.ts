/** TLS and SASL, as the user configures them in the words of each library, on a broker of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silentLogger, systemClock } from '@millrace/core/kafka';
import { kafkajsWire } from '@millrace/kafka/kafkajs';
import { platformaticWire } from '@millrace/kafka/platformatic';
import { decodeResponse, encodeRequest, metadataApi } from '@millrace/kafka/protocol';
import type { WireFactory } from '@millrace/kafka/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts, type KafkaBroker, startBroker } from '../launcher/kafka-broker.mjs';

const password = 'not-a-secret';
/** After this time a connection must log in again. */
const sessionMs = 3000;

let broker: KafkaBroker;
let folder: string;
let certificate: string;
let address: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-tls-'));
  const keystore = join(folder, 'broker.p12');
  const pem = join(folder, 'broker.pem');
  const store = ['-keystore', keystore, '-storepass', password, '-alias', 'broker'];
  const run = promisify(execFile);
  const names = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost,ip:127.0.0.1'];
  await run('keytool', ['-genkeypair', '-keyalg', 'RSA', '-validity', '3650', '-storetype', 'PKCS12', ...names, ...store]);
  await run('keytool', ['-exportcert', '-rfc', '-file', pem, ...store]);
  certificate = await readFile(pem, 'utf8');

  const [plain = 0, secure = 0, controller = 0] = await freePorts(3);
  address = `localhost:${secure}`;
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  broker = await startBroker({
    port: plain,
    settings: {
      listeners: `PLAINTEXT://127.0.0.1:${plain},SECURE://127.0.0.1:${secure},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},SECURE://${address}`,
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.secure.plain.sasl.jaas.config': `${module} user_ada="${password}";`,
      'listener.name.secure.plain.connections.max.reauth.ms': `${sessionMs}`,
      'ssl.keystore.location': keystore,
      'ssl.keystore.password': password,
      'ssl.key.password': password,
    },
  });
});

afterAll(async () => {
  await broker.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Login {
  readonly username: string;
  readonly password: string;
}

const wires: readonly (readonly [string, (login: Login, ca: string | undefined) => WireFactory])[] = [
  [
    'kafkajs',
    (login, ca) =>
      kafkajsWire({
        brokers: [address],
        ssl: ca === undefined ? true : { ca: [ca] },
        sasl: { mechanism: 'plain', ...login },
        connectionTimeout: 5000,
        reauthenticationThreshold: 500,
      }),
  ],
  [
    '@platformatic/kafka',
    (login, ca) =>
      platformaticWire({ bootstrapBrokers: [address], tls: ca === undefined ? {} : { ca: [ca] }, sasl: { mechanism: 'PLAIN', ...login } }),
  ],
];

describe.each(wires)('%s', (_name, create) => {
  const connected = async <T>(factory: WireFactory, use: (ask: () => Promise<number>) => Promise<T>): Promise<T> => {
    const wire = factory({ clientId: 'tests', clock: systemClock, log: silentLogger });
    const ask = async (): Promise<number> => {
      const body = encodeRequest(metadataApi, 12, { topics: [] });
      const answer = await wire.request('any', 'control', metadataApi, 12, body, { timeoutMs: 15_000 });
      return decodeResponse(metadataApi, 12, answer).brokers.length;
    };
    try {
      return await use(ask);
    } finally {
      await wire.close();
    }
  };

  it('carries requests through TLS after logging in, and goes on when the session has to be renewed', async () => {
    await connected(create({ username: 'ada', password }, certificate), async (ask) => {
      const until = performance.now() + sessionMs * 2;
      do {
        expect(await ask()).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 300));
      } while (performance.now() < until);
    });
  });

  it('tells a wrong password', async () => {
    await connected(create({ username: 'ada', password: 'wrong' }, certificate), async (ask) => {
      await expect(ask()).rejects.toMatchObject({
        name: 'WireError',
        kind: 'authentication',
        code: 'MR_WIRE_AUTHENTICATION',
        retriable: false,
      });
    });
  });

  it('tells a certificate that it does not trust', async () => {
    await connected(create({ username: 'ada', password }, undefined), async (ask) => {
      await expect(ask()).rejects.toMatchObject({ kind: 'authentication', retriable: false, maybeSent: false });
    });
  });
});
