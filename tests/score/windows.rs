//! Windows against the definitions of both protocols, token by token.

use mixopt_score::{DocumentStart, Extent, ScoredWindow, Windows};
use proptest::prelude::*;

/// A scored token as the definition has it: document, position in it, token, and the inputs that it is conditioned on.
type Scored = (u64, u64, u32, Vec<u32>);

/// Documents whose tokens are all different, so that nothing can be mistaken for something else.
fn documents(lengths: &[usize]) -> Vec<Vec<u32>> {
    let mut next = 10;
    lengths
        .iter()
        .map(|&length| {
            let tokens = (next..next + length as u32).collect();
            next += length as u32;
            tokens
        })
        .collect()
}

/// `paper`: target t of the stream (from 1) belongs to the first window for t ≤ C, else to the window w whose last S
/// targets it is among, and sees the stream from wS on. Targets beyond the last full window are not scored.
fn by_definition_paper(documents: &[Vec<u32>], context: usize, stride: usize) -> Vec<Scored> {
    let stream: Vec<u32> = documents.concat();
    let mut places = Vec::new();
    for (d, document) in documents.iter().enumerate() {
        places.extend((0..document.len()).map(|p| (d as u64, p as u64)));
    }
    if stream.len() < context + 1 {
        return Vec::new();
    }
    let windows = (stream.len() - (context + 1)) / stride + 1;
    let end = (windows - 1) * stride + context;
    (1..=end)
        .map(|t| {
            let w = if t <= context { 0 } else { (t - context).div_ceil(stride) };
            (places[t].0, places[t].1, stream[t], stream[w * stride..t].to_vec())
        })
        .collect()
}

/// `document`: as above for every document after its start, and the tail is scored too.
fn by_definition_document(documents: &[Vec<u32>], context: usize, stride: usize, start: DocumentStart) -> Vec<Scored> {
    let mut scored = Vec::new();
    for (d, document) in documents.iter().enumerate() {
        let (sequence, put) = match start {
            DocumentStart::Own => (document.clone(), 0),
            DocumentStart::Put(token) => ([&[token], document.as_slice()].concat(), 1),
        };
        for t in 1..sequence.len() {
            let w = if t <= context { 0 } else { (t - context).div_ceil(stride) };
            scored.push((d as u64, (t - put) as u64, sequence[t], sequence[w * stride..t].to_vec()));
        }
    }
    scored
}

/// What windows score, in their order.
fn of_windows(windows: &[ScoredWindow]) -> Vec<Scored> {
    let mut scored = Vec::new();
    for window in windows {
        let view = window.view();
        let unscored = view.inputs.len() - view.targets.len();
        let owners = window
            .owners
            .iter()
            .flat_map(|owner| (0..owner.tokens).map(|index| (owner.document, owner.position + index as u64)));
        assert_eq!(owners.clone().count(), view.targets.len());
        for (index, ((document, position), &target)) in owners.zip(view.targets).enumerate() {
            scored.push((document, position, target, view.inputs[..=unscored + index].to_vec()));
        }
    }
    scored
}

fn all<I: Iterator<Item = mixopt_score::Result<Vec<u32>>>>(windows: &mut Windows<I>) -> Vec<ScoredWindow> {
    std::iter::from_fn(|| windows.next_window().unwrap()).collect()
}

/// Every document arrives once, in order, before any of its tokens is scored.
fn check_arrivals(windows: &[ScoredWindow], tail: &[mixopt_score::Arrival], lengths: &[usize]) {
    let mut arrived = 0;
    for window in windows {
        for arrival in &window.arrivals {
            assert_eq!((arrival.document, arrival.tokens), (arrived, lengths[arrived as usize] as u64));
            arrived += 1;
        }
        assert!(window.owners.iter().all(|owner| owner.document < arrived && owner.tokens > 0));
    }
    for arrival in tail {
        assert_eq!((arrival.document, arrival.tokens), (arrived, lengths[arrived as usize] as u64));
        arrived += 1;
    }
    assert_eq!(arrived, lengths.len() as u64);
}

fn cases() -> impl Strategy<Value = (Vec<usize>, usize, usize)> {
    let lengths = prop::collection::vec(prop_oneof![3 => 0usize..6, 3 => 0usize..40, 1 => 100usize..300], 0..12);
    (lengths, 1usize..40).prop_flat_map(|(lengths, context)| (Just(lengths), Just(context), 1..=context))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn paper_scores_what_its_definition_says((lengths, context, stride) in cases()) {
        let documents = documents(&lengths);
        let extent = Extent::new(context, stride).unwrap();
        let mut windows = Windows::over_stream(documents.iter().cloned().map(Ok), extent);
        let found = all(&mut windows);
        prop_assert_eq!(of_windows(&found), by_definition_paper(&documents, context, stride));
        let tokens: usize = lengths.iter().sum();
        prop_assert_eq!(found.len() as u64, extent.windows_of_stream(tokens as u64));
        prop_assert!(found.iter().all(|window| window.inputs() == context));
        prop_assert_eq!((windows.documents(), windows.tokens()), (lengths.len() as u64, tokens as u64));
        check_arrivals(&found, &windows.take_arrivals(), &lengths);
    }

    #[test]
    fn document_scores_what_its_definition_says((lengths, context, stride) in cases(), put in any::<bool>()) {
        let documents = documents(&lengths);
        let extent = Extent::new(context, stride).unwrap();
        let start = if put { DocumentStart::Put(3) } else { DocumentStart::Own };
        let mut windows = Windows::over_documents(documents.iter().cloned().map(Ok), extent, start);
        let found = all(&mut windows);
        prop_assert_eq!(of_windows(&found), by_definition_document(&documents, context, stride, start));
        prop_assert!(found.iter().all(|window| window.inputs() <= context));
        check_arrivals(&found, &windows.take_arrivals(), &lengths);
        // What a plan counts is what there is.
        let counted: Vec<(usize, usize)> =
            lengths.iter().flat_map(|&length| extent.windows_of_document(length + start.put())).collect();
        let there: Vec<(usize, usize)> = found.iter().map(|window| (window.inputs(), window.scored())).collect();
        prop_assert_eq!(counted, there);
    }
}

#[test]
fn the_published_example_has_the_published_windows() {
    // 1,900 inputs, stride 512: ⌊(n − 1901) / 512⌋ + 1 windows.
    let extent = Extent::new(1900, 512).unwrap();
    for (tokens, windows) in [(0, 0), (1900, 0), (1901, 1), (2412, 1), (2413, 2), (1_000_000, 1950)] {
        assert_eq!(extent.windows_of_stream(tokens), windows, "{tokens}");
    }
    let stream = (0..2500u32).collect::<Vec<_>>();
    let mut windows = Windows::over_stream(std::iter::once(Ok(stream)), extent);
    let found = all(&mut windows);
    let view = found[1].view();
    assert_eq!((view.inputs[0], view.inputs[1899], view.targets[0], view.targets.len()), (512, 2411, 1901, 512));
    assert_eq!(view.targets[511], 2412);
    assert_eq!(found[0].view().targets.len(), 1900);
}

#[test]
fn windows_that_leave_tokens_out_are_refused() {
    for (context, stride) in [(0, 0), (0, 1), (8, 0), (8, 9), (usize::MAX, 1)] {
        let error = Extent::new(context, stride).unwrap_err();
        assert!(error.is_usage(), "{context} {stride}");
    }
    assert!(Extent::new(8, 8).is_ok());
}
