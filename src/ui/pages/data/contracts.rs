//! What every record promises: the contracts, documented from their declaration.

use leptos::prelude::*;

use crate::flows::present::data::{ContractDoc, FieldRow, RuleRow, contract_docs, form_rule_rows};
use crate::flows::present::plural;
use crate::ui::context::href;
use crate::ui::widgets::{Head, Table};

const FIELDS: [Head; 5] =
    [Head::Text("Field"), Head::Text("Values"), Head::Text("Unit"), Head::Text("Presence"), Head::Text("Meaning")];
const RULES: [Head; 5] = [
    Head::Text("Rule"),
    Head::Text("Severity"),
    Head::Text("Looks at"),
    Head::Text("Dimension"),
    Head::Text("Demands"),
];

/// Every contract with its fields and rules.
#[component]
pub(super) fn ContractsSection() -> impl IntoView {
    let contracts = contract_docs().into_iter().map(contract_view).collect_view();
    let form = form_rule_rows();
    let rules = plural(form.len() as u64, "rule");
    view! {
        <section class="block" id="contracts" data-testid="contracts">
            <h2>"Contracts"</h2>
            <p class="measure">
                "What every record promises. A record that breaks a field’s promise or a rule of severity "<em>"error"</em>
                " is refused; a warning is only shown."
            </p>
            <div class="rules">
                {contracts}
                <details class="rule" data-testid="contract" data-contract="form">
                    <summary><strong>"Form of files"</strong>" "<span>{rules}</span></summary>
                    <p class="measure">"What is asked of a file before its records are held against a contract."</p>
                    {rules_table("Rules of the form of files".to_owned(), form)}
                </details>
            </div>
        </section>
    }
}

fn contract_view(doc: ContractDoc) -> impl IntoView {
    let ContractDoc { id, version, description, key, fields, rules, json_schema, odcs } = doc;
    let size =
        format!("version {version}, {}, {}", plural(fields.len() as u64, "field"), plural(rules.len() as u64, "rule"));
    let rules = (!rules.is_empty()).then(|| rules_table(format!("Rules of the contract {id}"), rules));
    view! {
        <details class="rule" data-testid="contract" data-contract=id>
            <summary><code>{id}</code>" "<span>{size}</span></summary>
            <p class="measure">{description}</p>
            <p class="small">
                "Key: "<code>{key}</code>". As files: "<a href=href(&json_schema) rel="external">"JSON Schema"</a>", "
                <a href=href(&odcs) rel="external">"ODCS"</a>"."
            </p>
            {fields_table(id, fields)}
            {rules}
        </details>
    }
}

fn fields_table(id: &str, fields: Vec<FieldRow>) -> impl IntoView + use<> {
    let rows = fields
        .into_iter()
        .map(|field| {
            view! {
                <tr>
                    <th scope="row"><code>{field.path}</code></th>
                    <td class="found">{field.values}</td>
                    <td>{field.unit}</td>
                    <td>{field.presence}</td>
                    <td class="found wide">{field.description}</td>
                </tr>
            }
        })
        .collect_view();
    let title = format!("Fields of the contract {id}");
    view! {
        <Table title columns=&FIELDS>{rows}</Table>
    }
}

fn rules_table(title: String, rules: Vec<RuleRow>) -> impl IntoView {
    let rows = rules
        .into_iter()
        .map(|rule| {
            view! {
                <tr>
                    <th scope="row"><code>{rule.name}</code></th>
                    <td><span class="flag" data-on=rule.refuses.to_string()>{rule.severity}</span></td>
                    <td>{rule.scope}</td>
                    <td>{rule.dimension}</td>
                    <td class="found wide">{rule.demands}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table title columns=&RULES>{rows}</Table>
    }
}
