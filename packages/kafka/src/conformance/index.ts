/** `@millrace/kafka/conformance`: what every implementation of the package's seams must do, as tests for any runner. */
export { describeClientConformance } from './client.ts';
export type { ClientConformanceOptions, ClientEnvironment, ClientFaults } from './client-scene.ts';
export { TcpProxy } from './tcp-proxy.ts';
export type { Expectation, TestTools } from './test-tools.ts';
export { describeWireConformance } from './wire.ts';
export type { WireConformanceOptions } from './wire-scene.ts';
