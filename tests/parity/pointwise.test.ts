import { replayOps } from "./op.ts";

replayOps("pointwise");
