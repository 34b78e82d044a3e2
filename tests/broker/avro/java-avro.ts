/** The Java programs of tests/broker/avro/java, built once into the user's cache. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildByMaven } from '../support/maven-build.ts';

const directory = fileURLToPath(new URL('java/', import.meta.url));

/** Builds if the sources were never built on this machine; returns the class path. */
export function javaAvro(): Promise<string> {
  return buildByMaven({ directory, sources: 'src/main/java/millrace/avro', name: 'millrace-java-avro' });
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
