/** The real Kafka Streams as a process, built once from tests/broker/java-streams into the user's cache. */
import { fileURLToPath } from 'node:url';
import { AppProcess } from './app-process.ts';
import { buildByMaven } from './maven-build.ts';

const directory = fileURLToPath(new URL('../java-streams/', import.meta.url));

/** Builds if the sources were never built on this machine; returns the class path. */
export function javaStreams(): Promise<string> {
  return buildByMaven({ directory, sources: 'src/main/java/millrace', name: 'millrace-java-streams' });
}

/** The classes of tests/broker/java-streams that can be started. */
export type JavaProgram = 'WordCount' | 'PartitionTimes' | 'Application' | 'StoreKindsServer';

/** Starts one of the Java programs. */
export function startJava(classPath: string, program: JavaProgram, flags: Readonly<Record<string, string>>): AppProcess {
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const options = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  return AppProcess.command('java', [...options, '-cp', classPath, `millrace.${program}`, ...args]);
}
