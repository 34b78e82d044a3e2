/** The real Kafka Streams as a process, built once from tests/broker/java-streams into the user's cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AppProcess } from './app-process.ts';

const project = fileURLToPath(new URL('../java-streams/', import.meta.url));

/** Builds if the sources were never built on this machine; returns the class path. */
export async function javaStreams(): Promise<string> {
  const sources = join(project, 'src/main/java/millrace');
  const hash = createHash('sha256').update(await readFile(join(project, 'pom.xml')));
  for (const name of (await readdir(sources)).sort()) hash.update(await readFile(join(sources, name)));
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'millrace-java-streams', hash.digest('hex').slice(0, 16));
  if (!existsSync(folder)) {
    const part = `${folder}.${process.pid}`;
    await mkdir(part, { recursive: true });
    try {
      await promisify(execFile)('mvn', ['-q', '-B', '-f', join(project, 'pom.xml'), `-Dbuild.to=${part}`, 'package'], { timeout: 600_000 });
      await rename(part, folder);
    } catch (error) {
      await rm(part, { recursive: true, force: true });
      if (!existsSync(folder)) throw new Error('building the Java programs by Maven failed', { cause: error });
    }
  }
  return `${join(folder, 'classes')}:${join(folder, 'lib')}/*`;
}

/** The classes of tests/broker/java-streams that can be started. */
export type JavaProgram = 'WordCount' | 'PartitionTimes' | 'Application' | 'StoreKindsServer';

/** Starts one of the Java programs. */
export function startJava(classPath: string, program: JavaProgram, flags: Readonly<Record<string, string>>): AppProcess {
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const options = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  return AppProcess.command('java', [...options, '-cp', classPath, `millrace.${program}`, ...args]);
}
