import { replayOps } from "./op.ts";

replayOps("reductions");
