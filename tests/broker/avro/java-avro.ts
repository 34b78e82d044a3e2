/** The Java programs of tests/broker/avro/java, built once into the user's cache. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const project = fileURLToPath(new URL('java/', import.meta.url));

/** Builds if the sources were never built on this machine; returns the class path. */
export async function javaAvro(): Promise<string> {
  const sources = join(project, 'src/main/java/millrace/avro');
  const hash = createHash('sha256').update(await readFile(join(project, 'pom.xml')));
  for (const name of (await readdir(sources)).sort()) hash.update(await readFile(join(sources, name)));
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'millrace-java-avro', hash.digest('hex').slice(0, 16));
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

/** Runs a program to its end; resolves with what it printed. */
export async function runJavaAvro(classPath: string, program: 'Topic' | 'Pairs', args: readonly string[], input = ''): Promise<string> {
  const options = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-Dfile.encoding=UTF-8'];
  const child = spawn('java', [...options, '-cp', classPath, `millrace.avro.${program}`, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} ${args[0] ?? ''} ended with ${String(code)}:\n${errors.slice(-3_000)}`);
  return output;
}
