/** Where in a list of times that ascend from `start` on one stands, or would. */
export function lowerBound(times: readonly number[], time: number, start: number = 0): number {
  let low = start;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
