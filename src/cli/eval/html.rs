//! STUB
pub(super) fn render(_: &super::report::Report) -> anyhow::Result<String> {
    anyhow::bail!("stub")
}
