//! What it costs to compute a model, estimated from its description.

use crate::architecture::description::{Architecture, FeedForward, Gated, Layer, Linear, Projections};

impl Architecture {
    /// Bytes beside the weights to compute so many inputs together, in 32 bits: the widest layer, a block of scores, a block
    /// of logits. An estimate from the widths; what an allocator keeps comes on top.
    pub fn working_bytes(&self, inputs: usize) -> u64 {
        const ROWS: usize = 512;
        const ENTRIES: usize = 8192;
        const QUERIES: usize = 128;
        let widest = self.layers.iter().map(|layer| match layer {
            Layer::Transformer(layer) => {
                let attention = &layer.attention;
                let heads = attention.heads * (attention.head_width + attention.value_width)
                    + attention.key_value_heads * (attention.head_width + attention.value_width);
                let fed = match &layer.feed_forward {
                    FeedForward::Plain { up, .. } | FeedForward::Xielu { up, .. } => 2 * up.outputs,
                    FeedForward::Gated(part) => 2 * part.gate_up.outputs,
                    FeedForward::Experts(part) => part.experts.first().map_or(0, |expert| 2 * expert.gate_up.outputs),
                };
                // Heads are held as rows of the projection and once more apart.
                inputs * fed.max(2 * heads) + 2 * attention.heads * QUERIES.min(inputs) * inputs
            }
            Layer::Mamba(layer) => inputs * (6 * layer.inner + layer.rank + 2 * layer.states),
        });
        let stream = 4 * inputs * self.hidden;
        let logits = 2 * ROWS.min(inputs) * ENTRIES.min(self.vocabulary);
        4 * (stream + widest.max().unwrap_or(0).max(logits)) as u64
    }

    /// Floating-point operations of the matrix products that score one window, the rest being small beside them.
    pub fn operations(&self, inputs: usize, scored: usize) -> f64 {
        let product = |linear: &Linear, rows: f64| 2.0 * rows * (linear.inputs * linear.outputs) as f64;
        let (inputs, scored) = (inputs as f64, scored as f64);
        let gated = |part: &Gated, rows| product(&part.gate_up, rows) + product(&part.down, rows);
        let mut sum = 0.0;
        for (index, layer) in self.layers.iter().enumerate() {
            let rows = if index + 1 == self.layers.len() { scored } else { inputs };
            match layer {
                Layer::Transformer(layer) => {
                    let attention = &layer.attention;
                    sum += match &attention.projections {
                        Projections::Fused(linear) => product(linear, inputs),
                        Projections::Latent(latent) => {
                            latent.query_down.as_ref().map_or(0.0, |down| product(&down.0, inputs))
                                + product(&latent.query_up, inputs)
                                + product(&latent.key_value_down, inputs)
                                + product(&latent.key_value_up, inputs)
                        }
                    };
                    let seen = attention.window.map_or(inputs, |window| inputs.min(window as f64));
                    let widths = (attention.heads * (attention.head_width + attention.value_width)) as f64;
                    sum += 2.0 * rows * (seen - seen * seen / (2.0 * inputs.max(1.0))) * widths;
                    sum += product(&attention.output, rows);
                    sum += match &layer.feed_forward {
                        FeedForward::Plain { up, down, .. } | FeedForward::Xielu { up, down, .. } => {
                            product(up, rows) + product(down, rows)
                        }
                        FeedForward::Gated(part) => gated(part, rows),
                        FeedForward::Experts(part) => {
                            let one = part.experts.first().map_or(0.0, |expert| gated(expert, rows));
                            one * part.routing.chosen as f64
                                + part.shared.as_ref().map_or(0.0, |shared| gated(shared, rows))
                                + product(&part.router, rows)
                        }
                    };
                }
                Layer::Mamba(layer) => {
                    sum += product(&layer.input, inputs) + product(&layer.output, inputs);
                    sum += product(&layer.selection, inputs) + product(&layer.time_step, inputs);
                    sum += 6.0 * inputs * (layer.inner * layer.states) as f64;
                }
            }
        }
        sum + 2.0 * scored * (self.vocabulary * self.hidden) as f64
    }
}
