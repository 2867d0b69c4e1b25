pub(crate) fn text_of<T>() -> Result<String, String> {
    Ok(std::any::type_name::<T>().to_string())
}
