export { expectClose, isClose, TOLERANCE, type Tolerance } from "./compare.ts";
export { oracle } from "./oracle.ts";
export {
  type Case,
  type Runner,
  type SuiteOptions,
  testBackend,
  withoutOverrides,
  withoutSyncReads,
} from "./suite.ts";
