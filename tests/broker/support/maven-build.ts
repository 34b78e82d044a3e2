/** Java programs that tests run, built by Maven once on a machine: by the hash of their sources, into the user's cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface JavaProject {
  /** The folder of its `pom.xml`, which builds into `build.to`. */
  readonly directory: string;
  /** The folder of its sources, from there. */
  readonly sources: string;
  /** Its name in the cache. */
  readonly name: string;
}

const buildLimitMs = 600_000;

/** Builds if the sources were never built on this machine; returns the class path. */
export async function buildByMaven({ directory, name, sources }: JavaProject): Promise<string> {
  const pom = join(directory, 'pom.xml');
  const hash = createHash('sha256').update(await readFile(pom));
  for (const file of (await readdir(join(directory, sources))).sort()) hash.update(await readFile(join(directory, sources, file)));
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), name, hash.digest('hex').slice(0, 16));
  if (!existsSync(folder)) {
    const part = `${folder}.${process.pid}`;
    await mkdir(part, { recursive: true });
    try {
      await promisify(execFile)('mvn', ['-q', '-B', '-f', pom, `-Dbuild.to=${part}`, 'package'], { timeout: buildLimitMs });
      await rename(part, folder);
    } catch (error) {
      await rm(part, { recursive: true, force: true });
      // Another run may have built it meanwhile.
      if (!existsSync(folder)) throw new Error('building the Java programs by Maven failed', { cause: error });
    }
  }
  return `${join(folder, 'classes')}:${join(folder, 'lib')}/*`;
}
