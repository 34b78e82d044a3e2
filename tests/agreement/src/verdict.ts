/** What a comparison of two runs says. */
export type Verdict =
  /** `points`: at how many places the runs could have gone apart. */
  | { readonly kind: 'same'; readonly points: number }
  /** The topology is refused, or nothing in it can be compared. */
  | { readonly kind: 'unfit' }
  | { readonly kind: 'different'; readonly about: string; readonly shown: readonly string[] };
