/** What a comparison of two runs says. */
export type Verdict =
  /** `points`: at how many places the runs could have gone apart. */
  | { readonly kind: 'same'; readonly points: number }
  | { readonly kind: 'unfit'; readonly why: Unfit }
  | { readonly kind: 'different'; readonly about: string; readonly shown: readonly string[] };

/** Why nothing in a case can be compared. */
export type Unfit =
  | 'the topology is refused, or its first input fails'
  | 'several punctuations may be due together'
  | 'nothing is committed'
  | 'processors write the wall clock'
  | 'a foreign-key join of a table with itself'
  | 'the result rests on which task goes first'
  | 'Kafka refuses the name of a topic';
