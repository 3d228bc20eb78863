//! Markdownのレポート。

#[must_use]
pub fn findings_left_out(count: usize) -> String {
    format!("ほかの指摘{count}件は、ここに収まりません。report.jsonにあります。")
}
