/** Case files: one case a line, plain or gzipped. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Case, caseFromJson } from './case.ts';
import type { Json } from './json.ts';

/** @throws an error that names file and line where a line is no case. */
export function readCases(path: string): readonly Case[] {
  const bytes = readFileSync(path);
  const lines = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
  const cases: Case[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    try {
      // What JSON.parse returns is JSON.
      cases.push(caseFromJson(JSON.parse(line) as Json));
    } catch (cause) {
      throw new Error(`${path}:${index + 1}: not a case: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  return cases;
}

/** The ids of a list: one a line, blank lines and lines that start with # aside. */
export function readIds(path: string): ReadonlySet<string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  return new Set(lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')));
}
