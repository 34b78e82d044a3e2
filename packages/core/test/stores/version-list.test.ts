/** Lists of versions: what no read can ask for goes, and nothing else. */
import { expect, it } from 'vitest';
import { trimVersions, type Version } from '../../src/stores/version-list.ts';

/** A time with `-` is a deletion. */
function versionsOf(text: string): Version[] {
  return text
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => ({ timestamp: Number.parseInt(part, 10), value: part.endsWith('-') ? null : part, bytes: null, length: part.length }));
}

it.each([
  // The latest stays however old it is; one before it, as long as it was valid at the bound.
  ['1', 100, '1'],
  ['1 5', 5, '1 5'],
  ['1 5', 6, '5'],
  ['1 5 9', 6, '5 9'],
  ['1 5 9', 10, '9'],
  ['1 5 9', 9, '5 9'],
  // A deletion that nothing is behind says no more than that there is nothing.
  ['5-', 5, '5-'],
  ['5-', 6, ''],
  ['1 5-', 5, '1 5-'],
  ['1 5-', 6, ''],
  ['1- 5', 6, '5'],
  ['1 5- 9', 6, '5- 9'],
  ['', 6, ''],
])('of the versions %j those needed from %i on are %j', (before, bound, after) => {
  const versions = versionsOf(before);
  trimVersions(versions, bound);
  expect(versions).toEqual(versionsOf(after));
});
