/** Differences as people read them: what was expected against what came, only as far as it differs. */
import type { Difference } from './compare.ts';

/** Lines that differ, with a few common ones around them. */
const contextLines = 2;

export function showDifferences(differences: readonly Difference[]): string {
  return differences.map(showDifference).join('\n');
}

function showDifference({ part, expected, actual }: Difference): string {
  switch (part) {
    case 'steps':
      return `  steps\n${showSteps(asList(expected), asList(actual))}`;
    case 'describe':
      return `  describe\n${showLines(asLines(expected), asLines(actual))}`;
    case 'stores':
      return `  stores\n${showFields(asRecord(expected), asRecord(actual))}`;
    case 'error':
    case 'dropped':
      return `  ${part}\n${showPair(expected, actual)}`;
  }
}

function showSteps(expected: readonly unknown[] | undefined, actual: readonly unknown[] | undefined): string {
  if (expected === undefined || actual === undefined) return showPair(expected, actual);
  const out: string[] = [];
  for (let step = 0; step < Math.max(expected.length, actual.length); step++) {
    const [wanted, got] = [expected[step], actual[step]];
    if (show(wanted) === show(got)) continue;
    out.push(`    input ${step}`, showLines(asLines(wanted), asLines(got)));
  }
  return out.join('\n');
}

function showFields(expected: Readonly<Record<string, unknown>>, actual: Readonly<Record<string, unknown>>): string {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
  return names
    .filter((name) => show(expected[name]) !== show(actual[name]))
    .map((name) => `    ${name}\n${showLines(asLines(expected[name]), asLines(actual[name]))}`)
    .join('\n');
}

function showPair(expected: unknown, actual: unknown): string {
  return `    - ${show(expected)}\n    + ${show(actual)}`;
}

/** Common lines at both ends are left out but for a few. */
function showLines(expected: readonly string[], actual: readonly string[]): string {
  let head = 0;
  while (head < Math.min(expected.length, actual.length) && expected[head] === actual[head]) head++;
  let tail = 0;
  while (tail < Math.min(expected.length, actual.length) - head && expected.at(-1 - tail) === actual.at(-1 - tail)) tail++;
  const before = expected.slice(Math.max(0, head - contextLines), head);
  const after = expected.slice(expected.length - tail, expected.length - tail + contextLines);
  return [
    ...before.map((line) => `      ${line}`),
    ...expected.slice(head, expected.length - tail).map((line) => `    - ${line}`),
    ...actual.slice(head, actual.length - tail).map((line) => `    + ${line}`),
    ...after.map((line) => `      ${line}`),
  ].join('\n');
}

function show(value: unknown): string {
  return value === undefined ? '(nothing)' : JSON.stringify(value);
}

/** A list shows one item a line, text its own lines. */
function asLines(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split('\n');
  const list = asList(value);
  if (list !== undefined) return list.map(show);
  return [show(value)];
}

function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
