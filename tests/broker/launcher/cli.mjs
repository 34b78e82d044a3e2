/** The launcher on the command line: node tests/broker/launcher/cli.mjs (npm run broker --). */
import { KafkaBroker, kafkaVersion, missingForBroker, runTool, startBroker, toolNames } from './kafka-broker.mjs';

const usage = `Apache Kafka ${kafkaVersion} for tests

  start [--port N] [--directory D] [--set KEY=VALUE]…   start a broker, print where it listens
  stop --directory D                                    end it in order
  kill --directory D                                    kill -9
  restart --directory D                                 end it in order and start it again: same data, same port
  run TOOL ARGS…                                        one of Kafka's own tools: ${toolNames.join(', ')}, or a class name`;

async function main([command, ...args]) {
  const missing = missingForBroker();
  if (missing !== undefined) throw new Error(missing);
  if (command === 'run') return run(args);
  const options = parse(args);
  if (command === 'start') return tell(await startBroker(options));
  if (options.directory === undefined || !['stop', 'kill', 'restart'].includes(command)) throw new Error(usage);
  const broker = KafkaBroker.open(options.directory);
  await broker[command]();
  if (command === 'restart') tell(broker);
}

async function run([tool, ...args]) {
  if (tool === undefined) throw new Error(usage);
  const chunks = [];
  if (!process.stdin.isTTY) for await (const chunk of process.stdin) chunks.push(chunk);
  const { stdout, stderr, exitCode } = await runTool(tool, args, { input: Buffer.concat(chunks).toString() });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = exitCode;
}

function tell(broker) {
  console.log(`bootstrap=${broker.bootstrap} pid=${broker.pid} directory=${broker.directory}`);
}

function parse(args) {
  const options = { settings: {} };
  for (let at = 0; at < args.length; at += 2) {
    const value = args[at + 1];
    if (value === undefined) throw new Error(usage);
    if (args[at] === '--port') options.port = Number(value);
    else if (args[at] === '--directory') options.directory = value;
    else if (args[at] === '--set') options.settings[value.split('=')[0]] = value.slice(value.indexOf('=') + 1);
    else throw new Error(usage);
  }
  return options;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
