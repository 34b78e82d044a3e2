/** Kafka's jars: fetched once by Maven into the user's cache, where every checkout finds them. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const pom = fileURLToPath(new URL('pom.xml', import.meta.url));

export const kafkaVersion = /<kafka\.version>(.*)<\/kafka\.version>/.exec(readFileSync(pom, 'utf8'))?.[1] ?? 'unknown';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'millrace-kafka', kafkaVersion);
const library = join(cache, 'lib');

/** Why no broker can be started here, or undefined if one can. */
export function missingForBroker() {
  if (!answers('java', '-version'))
    return 'Java 17 or newer is needed to start a Kafka broker: install a JRE, or set KAFKA_BROKERS to a running one';
  if (!existsSync(library) && !answers('mvn', '--version'))
    return `Maven is needed once to fetch Kafka ${kafkaVersion}: install it, or set KAFKA_BROKERS to a running broker`;
  return undefined;
}

/** The class path; fetches the jars if they are not there. */
export async function classPath() {
  if (!existsSync(library)) await fetchJars();
  return join(library, '*');
}

/** Several processes may fetch at once: each into a folder of its own, and the first to finish names it. */
async function fetchJars() {
  const part = `${library}.${process.pid}`;
  await mkdir(cache, { recursive: true });
  try {
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${part}`];
    await promisify(execFile)('mvn', args, { timeout: 600_000 });
    await rename(part, library);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    if (!existsSync(library)) throw new Error(`fetching Kafka ${kafkaVersion} by Maven failed`, { cause: error });
  }
}

function answers(command, argument) {
  try {
    execFileSync(command, [argument], { stdio: 'ignore', timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}
