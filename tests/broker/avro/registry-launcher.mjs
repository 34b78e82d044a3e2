/** Starts and stops a real schema registry for tests: Apicurio, in memory, with Confluent's API. Fetched once by Maven into the user's cache. Types: registry-launcher.d.mts. */
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../launcher/kafka-broker.mjs';

const version = '2.6.13.Final';
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'millrace-registry', version);
const app = join(cache, 'app');
const startTimeoutMs = 180_000;

/** Several processes may fetch at once: each into a folder of its own, and the first to finish names it. */
async function fetchApp() {
  if (existsSync(app)) return;
  await mkdir(cache, { recursive: true });
  const part = `${app}.${process.pid}`;
  await mkdir(part);
  try {
    const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
    await promisify(execFile)('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${part}`], {
      timeout: 600_000,
    });
    for (const archive of (await readdir(part)).filter((name) => name.endsWith('.tar.gz'))) {
      await promisify(execFile)('tar', ['-xzf', join(part, archive), '-C', part]);
      await rm(join(part, archive));
    }
    await rename(part, app);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    if (!existsSync(app)) throw new Error('fetching the schema registry by Maven failed', { cause: error });
  }
}

export async function startRegistry() {
  await fetchApp();
  const directory = await mkdtemp(join(tmpdir(), 'millrace-registry-'));
  const logFile = join(directory, 'registry.log');
  const [port] = await freePorts(1);
  const log = openSync(logFile, 'a');
  const options = ['-Xmx512m', `-Dquarkus.http.port=${port}`, '-Dquarkus.http.host=127.0.0.1'];
  const child = spawn('java', [...options, '-jar', join(app, `apicurio-registry-app-${version}-runner.jar`)], {
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  let hasExited = false;
  const exited = new Promise((resolve) => {
    child.once('exit', () => {
      hasExited = true;
      resolve();
    });
  });
  const base = `http://127.0.0.1:${port}`;
  const url = `${base}/apis/ccompat/v7`;
  const deadline = performance.now() + startTimeoutMs;
  while (!(await answers(`${url}/subjects`))) {
    if (hasExited || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the schema registry did not start:\n${(await readFile(logFile, 'utf8')).split('\n').slice(-20).join('\n')}`);
    }
    await delay(100);
  }
  return {
    url,
    ownUrl: `${base}/apis/registry/v2`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
