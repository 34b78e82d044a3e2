/** Runs the example: `npm start -- order-payment`. */
import { main } from '@millrace/example-stage';
import { play } from './play.ts';

await main(play);
