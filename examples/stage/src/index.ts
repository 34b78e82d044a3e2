/** What the examples share: input and output of one are a play, which runs on a cluster (`perform`) or under the test driver (`rehearse`). */
export { type Listing, type Play, type Row, type Script, type ScriptRecord, type Story, rows, script } from './play.ts';
export { main } from './main.ts';
export { performEmbedded } from './perform-embedded.ts';
export { perform, type Venue } from './perform.ts';
export { rehearse } from './rehearse.ts';
