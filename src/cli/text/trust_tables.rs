//! Tables of how far a mixture can be believed: for `mixopt fit` and `mixopt evaluate`.

use mixopt::mixture::{
    ChanceExchange, LeadInterval, PermutationFindings, ProtocolFindings, TrustFindings, WithoutFindings, p_value,
    percent_in_words as percent, signed,
};
use mixopt::trust::{AddedModels, ComparedMethod, Interval, Outlying};

use crate::cli::text::output::{heading, number, paragraph, shortened, table};
use crate::cli::text::section::{Section, Sections};

/// Rows of a table unless everything is asked for.
const MOST_ROWS: usize = 5;

/// A range of shares in percent.
pub fn range(interval: Interval) -> String {
    format!("{:.1}–{:.1}%", 100.0 * interval.lower + 0.0, 100.0 * interval.upper + 0.0)
}

/// The sections asked for, as far as there is something for them.
pub fn sections(trust: &TrustFindings, sections: Sections) -> String {
    let mut text = String::new();
    if sections.has(Section::Families) {
        text += &comparison(&trust.comparison, trust.confidence, true);
    }
    if sections.has(Section::Chance) {
        text += &significance(trust);
    }
    if sections.has(Section::Influence) {
        text += &if is_given(trust) { influence_on_given(trust, true) } else { influence(trust, true) };
        text += &law(trust, true);
        text += &robust(trust);
    }
    if sections.has(Section::Domains) {
        text += &independence(trust, true);
        text += &documents(trust);
    }
    if sections.has(Section::Power) {
        text += &power(trust, true);
    }
    if sections.any() {
        for reason in &trust.lacking {
            text += &paragraph(&format!("Not computed: {reason}."), "", "  ");
        }
    }
    text
}

/// Every way of choosing a mixture out of sample, by protocol.
///
/// Unless all is asked for, the first protocol and the best of the published estimators alone.
pub fn comparison(protocols: &[ProtocolFindings], confidence: f64, all: bool) -> String {
    let mut text = String::new();
    for protocol in &protocols[..if all { protocols.len() } else { protocols.len().min(1) }] {
        let by_partial = protocol.methods.values().any(|method| method.partial.is_some());
        let lead = |lead: &Option<LeadInterval>| match lead {
            None => [String::new(), String::new()],
            Some(lead) => [
                signed(lead.difference),
                lead.interval.map_or("–".to_string(), |interval| {
                    let star = if lead.is_clear { " *" } else { "" };
                    format!("{} to {}{star}", signed(interval.lower), signed(interval.upper))
                }),
            ],
        };
        let published = best_published(protocol);
        let rows: Vec<Vec<String>> = protocol
            .methods
            .iter()
            .filter(|(name, _)| all || !matches!(name, ComparedMethod::Published(..)) || published == Some(**name))
            .map(|(name, method)| {
                let mut row = vec![method_in_words(*name), number(method.pearson, 3)];
                if by_partial {
                    row.push(number(method.partial, 3));
                }
                row.extend([
                    number(method.spearman, 3),
                    number(method.rmse, 4),
                    method.order.map_or("–".to_string(), |order| format!("{:.1}%", 100.0 * order)),
                ]);
                row.extend(lead(if by_partial { &method.lead_partial } else { &method.lead }));
                row
            })
            .collect();
        let first = protocol.methods.keys().next().map_or(String::new(), |first| first.name());
        let interval = format!("{} interval", percent(confidence));
        let lead = format!("lead of {first}");
        let mut header = vec!["chosen without the family", "pearson"];
        if by_partial {
            header.push("partial");
        }
        header.extend(["spearman", "rmse", "order", lead.as_str(), &interval]);
        let title = if protocol.repeats > 1 {
            format!("On unseen families: {} folds, {} times", protocol.folds, protocol.repeats)
        } else {
            format!("On unseen families: each of {} left out in turn", protocol.folds)
        };
        text += &heading(&title);
        text += &table(&header, &rows);
        text += &paragraph(
            if by_partial {
                "partial: correlation given what the recommendation controls for; the lead is in it. order: pairs of models \
                 put in the right order. * interval excludes zero."
            } else {
                "order: pairs of models put in the right order. lead: in pearson. * interval excludes zero."
            },
            "",
            "",
        );
        text += "\n";
    }
    text
}

/// The published estimator that does best, the first of several.
fn best_published(protocol: &ProtocolFindings) -> Option<ComparedMethod> {
    let mut best: Option<(ComparedMethod, f64)> = None;
    for (&name, method) in protocol.methods.iter().filter(|(name, _)| matches!(name, ComparedMethod::Published(..))) {
        if let Some(pearson) = method.pearson
            && best.is_none_or(|(_, so_far)| pearson > so_far)
        {
            best = Some((name, pearson));
        }
    }
    best.map(|(name, _)| name)
}

/// A way of choosing as a table has it.
pub fn method_in_words(method: ComparedMethod) -> String {
    match method {
        ComparedMethod::Uniform => "equal shares".to_string(),
        ComparedMethod::BestSingle => "best single domain".to_string(),
        ComparedMethod::Natural => "shares of the supply".to_string(),
        ComparedMethod::Published(estimator, projection) => {
            format!("estimator {}, {}", estimator.name(), projection.name())
        }
        method => method.name(),
    }
}

/// The permutation tests.
fn significance(trust: &TrustFindings) -> String {
    let Some(found) = &trust.significance else { return String::new() };
    let row = |name: &str, test: &PermutationFindings| {
        vec![
            name.to_string(),
            p_value(test.p),
            format!("{}{}", test.permutations, if test.exact { " (all)" } else { "" }),
            number(test.chance_mean, 3),
            number(test.chance_95, 3),
        ]
    };
    let mut rows = vec![row("any two models", &found.plain)];
    rows.extend(found.by_family.as_ref().map(|test| row("by family", test)));
    rows.extend(found.within_strata.as_ref().map(|test| row("within strata", test)));
    let what = found.criterion.in_words();
    let mut text = String::new();
    // With targets tried, only their test counts: another uncorrected p beside it would be read as the answer.
    if found.tried.is_empty() {
        text += &heading(&format!("Permutation test ({what} {:.3})", found.observed));
        text +=
            &table(&["scores exchanged", "p", "permutations", "mean by chance", "95th percentile by chance"], &rows);
        text += "\n";
    } else {
        let rows: Vec<Vec<String>> = found
            .tried
            .iter()
            .map(|(name, target)| {
                vec![
                    name.clone(),
                    target.models.to_string(),
                    format!("{:.3}", target.correlation),
                    p_value(target.p),
                    p_value(target.adjusted_p),
                    p_value(target.holm_p),
                ]
            })
            .collect();
        text += &heading(match found.tried_exchange {
            Some(ChanceExchange::Models) => "Permutation test, corrected for the targets tried (models exchanged)",
            _ => "Permutation test, corrected for the targets tried (whole families of one size exchanged)",
        });
        text += &table(&["target", "models", "best", "p uncorrected", "p corrected", "p by Holm"], &rows);
        text += "\n";
    }
    text
}

/// Families and models without which the mixture moves most.
fn influence(trust: &TrustFindings, verbose: bool) -> String {
    let mut rows = Vec::new();
    // Where every family is one model, both say the same.
    let by_model = trust.without_family.len() < trust.without_model.len();
    let both = [("family", &trust.without_family), ("model", &trust.without_model)];
    for (what, left_out) in &both[..if by_model { 2 } else { 1 }] {
        let mut order: Vec<(&String, &WithoutFindings)> =
            left_out.iter().filter(|(_, without)| without.correlation.is_some()).collect();
        // Shares that move by rounding alone stay in the order of names.
        let moved = |without: &WithoutFindings| (1e9 * without.moved.unwrap_or(0.0)).round();
        order.sort_by(|a, b| moved(b.1).total_cmp(&moved(a.1)));
        let shown = if verbose {
            order.len()
        } else {
            order.len().min(MOST_ROWS.div_ceil(if *what == "model" { 2 } else { 1 }))
        };
        for (name, without) in &order[..shown] {
            let change = match (&without.domain, without.from, without.to) {
                (Some(domain), Some(from), Some(to)) => {
                    format!("{} {:.1}% → {:.1}%", shortened(domain, verbose), 100.0 * from, 100.0 * to)
                }
                _ => String::new(),
            };
            rows.push(vec![
                format!("{what} {name}"),
                without.moved.map_or("–".to_string(), |moved| format!("{:.1}%", 100.0 * moved)),
                number(without.correlation, 4),
                change,
            ]);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    heading("What each family and model does to the recommended mixture")
        + &table(&["without", "share that moves", "correlation", "largest change"], &rows)
        + "\n"
}

/// Models far from the line.
fn law(trust: &TrustFindings, verbose: bool) -> String {
    let Some(law) = &trust.law else { return String::new() };
    let mut models: Vec<_> = law.models.iter().filter(|(_, model)| verbose || model.outlying != Outlying::No).collect();
    models.sort_by(|a, b| b.1.studentised.map_or(0.0, f64::abs).total_cmp(&a.1.studentised.map_or(0.0, f64::abs)));
    if models.is_empty() {
        return paragraph("No model lies further from the line than so many models would by chance.", "", "  ") + "\n";
    }
    let rows: Vec<Vec<String>> = models
        .iter()
        .map(|(name, model)| {
            vec![
                (*name).clone(),
                model.family.clone(),
                format!("{:.4}", model.bits),
                format!("{:.4}", model.score),
                format!("{:+.4}", model.residual),
                number(model.studentised, 2),
                number(model.cook, 2),
                match (model.outlying, model.residual > 0.0) {
                    (Outlying::No, _) => String::new(),
                    (Outlying::Outlier, true) => "far above: scores better than it compresses".to_string(),
                    (Outlying::Outlier, false) => "far below".to_string(),
                    (Outlying::Unusual, true) => "above".to_string(),
                    (Outlying::Unusual, false) => "below".to_string(),
                },
            ]
        })
        .collect();
    heading(&format!("Models off the line of the {} mixture", if is_given(trust) { "given" } else { "recommended" }))
        + &table(&["model", "family", "bits", "score", "residual", "studentised", "Cook", "line"], &rows)
        + "\n"
}

/// Whether the mixture examined is given and not recommended.
fn is_given(trust: &TrustFindings) -> bool {
    trust
        .comparison
        .first()
        .and_then(|protocol| protocol.methods.keys().next())
        .is_some_and(|first| *first == ComparedMethod::Given)
}

/// Families and models without which a given mixture's correlation is lowest: its shares do not move.
fn influence_on_given(trust: &TrustFindings, verbose: bool) -> String {
    // Where every family is one model, both say the same.
    let by_model = trust.without_family.len() < trust.without_model.len();
    let both = [("family", &trust.without_family, MOST_ROWS), ("model", &trust.without_model, MOST_ROWS.div_ceil(2))];
    let mut rows = Vec::new();
    for (what, left_out, most) in &both[..if by_model { 2 } else { 1 }] {
        let mut order: Vec<(&String, f64)> =
            left_out.iter().filter_map(|(name, without)| Some((name, without.correlation?))).collect();
        order.sort_by(|a, b| a.1.total_cmp(&b.1));
        order.truncate(if verbose { order.len() } else { *most });
        rows.extend(order.iter().map(|(name, value)| vec![format!("{what} {name}"), format!("{value:.4}")]));
    }
    if rows.is_empty() {
        return String::new();
    }
    heading("The mixture's correlation without each family and model, the lowest first")
        + &table(&["without", "correlation"], &rows)
        + "\n"
}

/// The fit that outliers do not move.
fn robust(trust: &TrustFindings) -> String {
    let Some(robust) = &trust.robust else { return String::new() };
    let less: Vec<String> = robust.less_counted.iter().map(|(name, weight)| format!("{name} {weight:.2}")).collect();
    let mut text = heading(&format!("Robust fit ({})", robust.method));
    text += &paragraph(
        &format!(
            "{}: correlation {} (ranks {}); {} of the optimum moves.{}{}",
            mixopt::mixture::in_words(&robust.weights),
            number(robust.pearson, 4),
            number(robust.spearman, 4),
            robust.moved.map_or("–".to_string(), |moved| format!("{:.1}%", 100.0 * moved)),
            if less.is_empty() { String::new() } else { format!(" Models that count less: {}.", less.join(", ")) },
            if robust.converged { "" } else { " It did not settle." }
        ),
        "",
        "  ",
    );
    text + "\n"
}

/// Independent domains and those that can stand for each other.
fn independence(trust: &TrustFindings, verbose: bool) -> String {
    let found = &trust.independence;
    let mut text = String::new();
    if let (Some(effective), Some(first)) = (found.effective_domains, found.first_component) {
        let controlled = found
            .effective_domains_controlled
            .map_or(String::new(), |value| format!(" ({value:.1} given the control)"));
        text += &paragraph(
            &format!(
                "Across these models the domains carry the information of {effective:.1} independent ones{controlled}; one \
                 common factor explains {:.1}% of the variance.",
                100.0 * first
            ),
            "",
            "  ",
        );
    }
    if let Some(groups) = found.groups.as_ref().filter(|groups| !groups.is_empty()) {
        let mut order: Vec<_> = groups.iter().collect();
        order.sort_by_key(|group| std::cmp::Reverse(group.domains.len()));
        let shown = if verbose { order.len() } else { order.len().min(MOST_ROWS) };
        let named: Vec<String> = order[..shown]
            .iter()
            .map(|group| {
                let most = if verbose { group.domains.len() } else { group.domains.len().min(3) };
                let names: Vec<String> = group.domains[..most].iter().map(|name| shortened(name, verbose)).collect();
                let rest = group.domains.len() - most;
                let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
                format!("{}{rest}", names.join(" ~ "))
            })
            .collect();
        let rest =
            if shown < order.len() { format!(" and {} more groups", order.len() - shown) } else { String::new() };
        text += &paragraph(
            &format!(
                "Interchangeable (correlation over models {} or more): {}{rest}.",
                found.threshold,
                named.join("; ")
            ),
            "",
            "  ",
        );
    }
    if text.is_empty() { text } else { text + "\n" }
}

/// What more models would tell.
fn power(trust: &TrustFindings, verbose: bool) -> String {
    let Some(power) = &trust.power else { return String::new() };
    let mut text = String::new();
    let kinds: Vec<String> = power
        .kinds
        .iter()
        .map(|kind| {
            let who = match kind.kind {
                AddedModels::NewFamilies => "from new families",
                AddedModels::ExistingFamilies => "from the present families",
                AddedModels::Small => "small ones from new families",
                AddedModels::Large => "large ones from new families",
            };
            match kind.models {
                Some(models) => format!("about {models} more {who}"),
                None => format!("more than {} more {who}", kind.most),
            }
        })
        .collect();
    if !kinds.is_empty() {
        text += &paragraph(
            &format!("Models that would halve the interval of the correlation (simulated): {}.", kinds.join("; ")),
            "",
            "  ",
        );
    }
    if verbose && !power.learning_curve.is_empty() {
        let rows: Vec<Vec<String>> = power
            .learning_curve
            .iter()
            .map(|point| {
                vec![
                    point.families.to_string(),
                    number(point.recommended, 3),
                    number(point.optimum, 3),
                    number(point.uniform, 3),
                    point.moved.map_or("–".to_string(), |moved| format!("{:.1}%", 100.0 * moved)),
                ]
            })
            .collect();
        text += &heading("With fewer families (held-out pearson, mean over draws)");
        text +=
            &table(&["families", "recommended", "optimum", "equal shares", "differs from the final mixture by"], &rows);
    }
    if text.is_empty() { text } else { text + "\n" }
}

/// Measurement noise.
fn documents(trust: &TrustFindings) -> String {
    let Some(found) = &trust.documents else { return String::new() };
    let list: Vec<String> = found
        .median_standard_error
        .iter()
        .take(MOST_ROWS)
        .filter_map(|(name, error)| error.map(|error| format!("{name} ±{error:.4}")))
        .collect();
    let correlation = found
        .correlation
        .map_or(String::new(), |error| format!(" Of the correlation's standard error they make {error:.4}."));
    paragraph(
        &format!("Documents measured on: median standard error of bits {}.{correlation}", list.join(", ")),
        "",
        "  ",
    ) + "\n"
}
