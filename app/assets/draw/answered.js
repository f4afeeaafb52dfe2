// Shows its part of every answer. Gradio hands in props.
document.addEventListener('lifelong:values', ({ detail }) => { props.value = detail[props.part]; });
