/** Bags: text lists separated by commas. Null and empty text are the empty list. */
import { type Datum, text } from '../datum.ts';

/** The bag with one more item, sorted by UTF-16 units. */
export function bagAdd(bag: Datum, item: Datum): Datum {
  return [...itemsOf(bag), text(item)].sort().join(',');
}

/** The bag without the first occurrence of the item, order kept. */
export function bagRemove(bag: Datum, item: Datum): Datum {
  const items = itemsOf(bag);
  const at = items.indexOf(text(item));
  return (at < 0 ? items : items.toSpliced(at, 1)).join(',');
}

function itemsOf(bag: Datum): string[] {
  const list = bag === null ? '' : text(bag);
  return list === '' ? [] : list.split(',');
}
