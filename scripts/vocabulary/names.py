"""Writes names.json: PyTorch's public names by family, and the names that are left out, each under the rule that leaves it out.

    pip install torch==2.13.0 numpy
    python scripts/vocabulary/names.py

The names come from PyTorch itself: from its table of functions that can be overridden, from `dir(torch.Tensor)` and from
the lists that its modules export. Only their division into families is written here.
"""

import importlib
import json
import os
import re
import types
import warnings

import torch
from torch import nn
from torch.overrides import get_ignored_functions, get_overridable_functions

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))

# ---- rules ----------------------------------------------------------------------------------------------------------

# The first rule whose expression matches the whole name leaves it out.
RULES = {
    "quantised numbers": r"q_.*|qscheme|int_repr|dequantize|.*quantize.*|quantized_.*|fbgemm_.*|choose_qparams.*|fused_moving_avg.*|is_quantized|empty_quantized|scaled_(grouped_)?mm",
    "sparse layouts": r".*sparse.*|is_coalesced|coalesce|(c?crow|c?col|row)_indices.*|c?(col|row)_indices.*|indices(_copy)?|values(_copy)?|dense_dim|to_dense|smm|s?spmm|hspmm|dsmm|hsmm|saddmm|sspaddmm",
    "complex numbers": r".*complex.*|real|imag|angle|conj.*|resolve_.*|is_conj|is_neg|polar|view_as_real.*|cdouble|cfloat|chalf|H|mH",
    "Fourier transforms, and the windows for them": r"i?stft|(bartlett|blackman|hamming|hann|kaiser)_window",
    "distributed, several processes": r"is_distributed|DataParallel|SyncBatchNorm|share_memory_?|is_shared|is_pinned|pin_memory",
    "named dimensions": r"names?|align_.*|refine_names|rename_?",
    "CUDA and other devices, and the libraries for them": r"cuda|cpu|xpu|ipu|mtia|is_(cpu|cuda|ipu|maia|meta|mkldnn|mps|mtia|vulkan|xla|xpu)|is_vulkan_available|record_stream|get_device.*|(cudnn|miopen|mkldnn)_.*|to_mkldnn|convert_conv[23]d_weight_memory_format|grouped_mm",
    "nested tensors": r"is_nested|to_padded_tensor",
    "symbolic shapes, compilers, serialised graphs": r"sym_.*|.*_copy_?(?<!index_copy)(?<!index_copy_)(?<!^copy_)|compile|cond|vmap|fork|wait|import_ir.*|parse_.*|merge_type.*|unify_type_list|typename|.*autocast.*|is_inference.*|.*_inference.*|inference_mode|module_load|call_super_init|dump_patches|T_destination|thread_safe_generator|slice_inverse",
    "settings of the process": r"(set|get|init)_(num|default|deterministic|float32|flush|warn|printoptions|anomaly).*|(are|use|is)_(deterministic|warn|anomaly).*|set_printoptions",
    "memory as bytes, other libraries' arrays, pickles": r".*storage.*|.*data_ptr|as_subclass|is_set_to|numpy|from_numpy|frombuffer|from_file|dim_order|layout|memory_format|empty_(strided|permuted)|new_empty_strided|as_strided.*|type|to_empty|load|save|grad_dtype|output_nr|resize_?|resize_as_?|get_extra_state|set_extra_state",
    "functions that call a Python function for each element": r"map2?_|apply_",
    "views whose results must not be written": r"unsafe_.*|split_with_sizes",
}
UNDOCUMENTED = "functions without documentation (what documented ones are made of)"
DEPRECATED = "deprecated, or an error when called"
LAYERS = "functions of torch that are documented under torch.nn.functional"
RAISES = """eig lstsq solve symeig volatile new reinforce range nn.modules.Container nn.modules.NLLLoss2d nn.functional.upsample
    nn.functional.upsample_bilinear nn.functional.upsample_nearest nn.utils.clip_grad_norm nn.Module.register_backward_hook""".split()
# Names to which a rule is blind.
BELONGS = {"linalg.eig": "complex numbers", "linalg.eigvals": "complex numbers", "linalg.cond": None, "nn.init.sparse_": None}

left_out = {}


def kept(name, documented=True, owner=""):
    reason = next((rule for rule, pattern in RULES.items() if re.fullmatch(pattern, name)), None)
    reason = BELONGS.get(owner + name, reason)
    if owner + name in RAISES and reason is None:
        reason = DEPRECATED
    if reason is None and not documented:
        reason = UNDOCUMENTED
    if reason is not None:
        left_out.setdefault(reason, set()).add(owner + name)
    return reason is None


# ---- torch and torch.Tensor -----------------------------------------------------------------------------------------

CREATION = """tensor as_tensor asarray scalar_tensor zeros zeros_like ones ones_like arange linspace logspace eye empty empty_like full full_like
    fill tril_indices triu_indices new_empty new_full new_ones new_tensor new_zeros clone"""
RANDOM = """seed manual_seed initial_seed get_rng_state set_rng_state bernoulli multinomial normal poisson binomial rand rand_like randint randint_like
    randn randn_like randperm bernoulli_ cauchy_ exponential_ geometric_ log_normal_ normal_ random_ uniform_ Generator"""
REDUCTIONS = """argmax argmin amax amin aminmax all any max min dist logsumexp mean nanmean median nanmedian mode norm nansum prod quantile nanquantile
    std std_mean sum var var_mean count_nonzero hash_tensor histc histogram histogramdd bincount corrcoef cov equal allclose is_nonzero sum_to_size
    softmax log_softmax renorm"""
SCANS = "cumsum cumprod cummax cummin logcumsumexp cumulative_trapezoid diff trapezoid trapz gradient"
SORTING = "sort argsort topk msort kthvalue searchsorted bucketize isin unique unique_consecutive"
INDEXING = """gather scatter scatter_add scatter_reduce index index_add index_copy index_fill index_put index_reduce index_select masked_fill masked_scatter
    masked_select put take take_along_dim where nonzero nonzero_static argwhere select select_scatter slice_scatter diagonal_scatter narrow
    unravel_index"""
POINTWISE = "clamp_max clamp_min"
SHAPE = """T mT adjoint atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes broadcast_tensors broadcast_to cartesian_prod cat chunk column_stack combinations
    concat concatenate contiguous diag diag_embed diagflat diagonal dsplit dstack expand expand_as flatten flip fliplr flipud hsplit hstack meshgrid
    moveaxis movedim permute ravel repeat repeat_interleave reshape reshape_as roll rot90 row_stack split squeeze stack swapaxes swapdims t
    tensor_split tile transpose tril triu unbind unflatten unfold unsqueeze vander view view_as vsplit vstack"""
LINEAR = """addbmm addmm addmv addr baddbmm bmm cdist chain_matmul cholesky cholesky_inverse cholesky_solve cross det dot einsum geqrf ger inner inverse kron
    lobpcg logdet lu lu_solve lu_unpack matmul matrix_exp matrix_power mm mv orgqr ormqr outer pca_lowrank pinverse qr slogdet svd svd_lowrank tensordot trace triangular_solve
    vdot"""
TENSOR = """backward bfloat16 bool byte char data detach device dim double dtype element_size float grad grad_fn half int is_contiguous is_floating_point
    is_leaf is_same_size is_signed is_tensor item itemsize long nbytes ndim ndimension nelement numel register_hook register_post_accumulate_grad_hook requires_grad
    retain_grad retains_grad shape short size stride to tolist type_as can_cast promote_types result_type finfo iinfo no_grad enable_grad set_grad_enabled
    is_grad_enabled"""
FAMILIES = {"Creation": CREATION, "Random numbers": RANDOM, "Pointwise": POINTWISE, "Reductions and statistics": REDUCTIONS, "Scans and differences": SCANS,
            "Sorting and searching": SORTING, "Indexing": INDEXING, "Shape": SHAPE, "Linear algebra": LINEAR, "In place": "clamp_max_ clamp_min_", "The tensor itself": TENSOR}


def kind(name, function, method):
    if method and not callable(getattr(torch.Tensor, name)):
        return "property"
    return "both" if function and method else "function" if function else "method"


def torch_families():
    overridable = get_overridable_functions()
    ignored = {getattr(f, "__name__", "") for f in get_ignored_functions()}
    functions = {f.__name__ for f in overridable[torch] + overridable[torch.functional]} | {n for n in ignored if callable(getattr(torch, n, None))}
    functions = {n for n in functions if hasattr(torch, n)} | {"Generator"}
    methods = set(dir(torch.Tensor)) | {"requires_grad"}
    written = {n: f for f, names in FAMILIES.items() for n in names.split()}
    out = {f: {} for f in FAMILIES}
    for name in sorted(functions | methods, key=lambda n: (n.lower(), n)):
        if name.startswith("_"):
            continue
        doc = any(getattr(getattr(owner, name, None), "__doc__", None) for owner in (torch, torch.Tensor))
        # What a family names is documented, if not under its name.
        if not kept(name, doc or name in written):
            continue
        if name not in methods and hasattr(nn.functional, name) or name in ("native_channel_shuffle", "gru_cell"):
            left_out.setdefault(LAYERS, set()).add(name)
            continue
        family = written.get(name) or ("In place" if name.endswith("_") else "Pointwise")
        out[family][name] = kind(name, name in functions, name in methods)
    return [{"family": f, "module": "torch", "names": names} for f, names in out.items()]


# ---- torch.nn, torch.optim ------------------------------------------------------------------------------------------


def public(module, names=None, own=False):
    """The classes and functions of a module; `own`: those that it defines itself."""
    names = names or [n for n in dir(module) if not n.startswith("_")]
    found = {}
    for name in names:
        value = getattr(module, name)
        if isinstance(value, types.ModuleType) or (own and getattr(value, "__module__", None) != module.__name__):
            continue
        if kept(name, owner=f"{module.__name__.removeprefix('torch.')}."):
            found[name] = "class" if isinstance(value, type) else "function"
    return found


def members(cls):
    label = cls.__module__.removeprefix("torch.").split(".")[0]
    keep = lambda n: kept(n, owner=f"{label}.{cls.__name__}.") and (callable(getattr(cls, n)) or isinstance(getattr(cls, n), property))
    return {n: "method" for n in dir(cls) if not n.startswith("_") and n not in dir(object) and n != "volatile" and keep(n)}


def nn_families():
    module = lambda path: importlib.import_module(f"torch.nn.{path}")
    RULES["modules that learn their shape from the first input"] = r"Lazy.*|Uninitialized.*"
    classes = public(nn.modules, sorted(nn.modules.__all__)) | public(nn, ["Parameter", "Buffer", "UninitializedBuffer", "UninitializedParameter", "DataParallel"])
    losses = {n: c for n, c in classes.items() if (n.endswith("Loss") and n != "AdaptiveLogSoftmaxWithLoss") or n == "LinearCrossEntropyOptions"}
    helpers = r"assert_int_or_pair|boolean_dispatch|handle_torch_function|has_torch_function.*|native_channel_shuffle|ScalingType|SwizzleType|Callable|Optional|Tensor|DType"
    functional = public(nn.functional, [n for n in dir(nn.functional) if not n.startswith("_") and callable(getattr(nn.functional, n)) and not re.fullmatch(helpers, n)])
    for name in ("logsigmoid", "max_pool1d", "softmax"):
        functional.setdefault(name, "function")
    is_loss = lambda n: n.endswith("_loss") or n in ("binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "kl_div", "linear_cross_entropy")
    yield "Modules", "nn", {n: c for n, c in classes.items() if n not in losses}
    yield "Methods of Module", "nn.Module", members(nn.Module)
    yield "Functions of layers", "nn.functional", {n: f for n, f in functional.items() if not is_loss(n)}
    yield "Losses as classes", "nn", losses
    yield "Losses as functions", "nn.functional", {n: f for n, f in functional.items() if is_loss(n)}
    # Names without the underscore are the deprecated ones.
    yield "Initialisers", "nn.init", public(nn.init, ["calculate_gain"] + [n for n in dir(nn.init) if n.endswith("_") and not n.startswith("_")])
    yield "Tools", "nn.utils", public(nn.utils, sorted(nn.utils.__all__)) | public(module("utils.stateless"), own=True)
    yield "Sequences of different lengths", "nn.utils.rnn", public(nn.utils.rnn, nn.utils.rnn.__all__)
    yield "Parametrizations", "nn.utils.parametrizations", public(module("utils.parametrizations"), module("utils.parametrizations").__all__)
    yield "Parametrizing", "nn.utils.parametrize", public(module("utils.parametrize"), module("utils.parametrize").__all__)
    yield "Pruning", "nn.utils.prune", public(module("utils.prune"), own=True)


def optim_families():
    optim = torch.optim
    RULES["profiling"] = r"profile_hook_step|OptimizerP.*Hook|swap_in_optimizer_params_and_state"
    yield "Optimizers", "optim", public(optim, sorted(optim.__all__, key=str.lower))
    yield "Methods of Optimizer", "optim.Optimizer", members(optim.Optimizer)
    yield "Learning rates", "optim.lr_scheduler", public(optim.lr_scheduler, sorted(optim.lr_scheduler.__all__))
    yield "Averages of weights", "optim.swa_utils", public(optim.swa_utils, sorted(optim.swa_utils.__all__))


def namespaces():
    overridable = get_overridable_functions()
    linalg = sorted(f.__name__.removeprefix("linalg_") for f in overridable[torch.linalg])
    yield "More linear algebra", "linalg", public(torch.linalg, linalg)
    yield "Special functions", "special", public(torch.special, sorted(torch.special.__all__))


def written(families):
    return [{"family": f, "module": m, "names": names} for f, m, names in families]


def formatted(x, indent="", before=0):
    """JSON as the project's formatter has it: objects are spread out, lists where 100 columns are too few."""
    if isinstance(x, str):
        return json.dumps(x)
    deeper = indent + "  "
    if isinstance(x, dict):
        rows = [f"{deeper}{json.dumps(k)}: {formatted(v, deeper, len(json.dumps(k)) + 2)}" for k, v in x.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    line = json.dumps(x)
    if all(isinstance(v, str) for v in x) and len(indent) + before + len(line) < 100:
        return line
    return "[\n" + ",\n".join(deeper + formatted(v, deeper) for v in x) + f"\n{indent}]"


if __name__ == "__main__":
    families = torch_families() + written(namespaces()) + written(nn_families()) + written(optim_families())
    result = {"torch": torch.__version__.split("+")[0], "families": families, "leftOut": {rule: sorted(names) for rule, names in left_out.items()}}
    path = os.path.join(HERE, "names.json")
    with open(path, "w") as f:
        f.write(formatted(result) + "\n")
    print(f"{path}: {os.path.getsize(path)} bytes, {sum(len(f['names']) for f in families)} names, {sum(map(len, left_out.values()))} left out")
