//! How fast a model's windows are scored, without reading text.
//!
//! `MIXOPT_BENCH_MODEL=FOLDER cargo bench --bench forward`: windows of 512 inputs of which 256 are scored, and the matrix
//! products that bound it.

use std::hint::black_box;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mixopt::model::{Compute, ModelSource, Window};

fn forward(criterion: &mut Criterion) {
    let Some(folder) = std::env::var_os("MIXOPT_BENCH_MODEL") else {
        eprintln!("skipped: set MIXOPT_BENCH_MODEL to the folder of a model");
        return;
    };
    let compute = Compute { dtype: DType::F32, device: Device::Cpu };
    let model = ModelSource::find(Path::new(&folder)).and_then(|source| source.load(&compute)).expect("a model");
    let tokens: Vec<u32> = (0..8 * 513u32).map(|i| i * 7919 % model.model.vocabulary() as u32).collect();
    let mut group = criterion.benchmark_group("score");
    group.sample_size(10);
    for windows in [1usize, 4, 8] {
        let batch: Vec<Window<'_>> = tokens
            .chunks_exact(513)
            .take(windows)
            .map(|tokens| Window { inputs: &tokens[..512], targets: &tokens[257..] })
            .collect();
        group.throughput(Throughput::Elements(512 * windows as u64));
        group.bench_function(format!("{windows} windows of 512"), |bench| {
            bench.iter(|| model.model.log_probabilities(black_box(&batch)).expect("scores"));
        });
    }
    group.finish();
}

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("product");
    group.sample_size(20);
    for (rows, inputs, outputs) in [(512, 576, 1536), (512, 1536, 576), (512, 576, 8192), (1536, 1536, 1536)] {
        let x = Tensor::randn(0f32, 1.0, (rows, inputs), &Device::Cpu).expect("numbers");
        let weight = Tensor::randn(0f32, 1.0, (outputs, inputs), &Device::Cpu).expect("numbers");
        group.throughput(Throughput::Elements(2 * (rows * inputs * outputs) as u64));
        group.bench_function(format!("{rows} × {inputs} × {outputs}"), |bench| {
            bench.iter(|| x.matmul(&weight.t().expect("a view")).expect("a product"));
        });
    }
    group.finish();
}

criterion_group!(benches, forward, products);
criterion_main!(benches);
